"""The clicks that purchases may belong to, by shopper and item."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('recommendations', "0018_rule_review"),
    ]

    operations = [
        migrations.AddIndex(
            model_name='browselog',
            index=models.Index(condition=models.Q(('kind', 'click'), ('recommendation__isnull', False)), fields=['shopper', 'item', '-at', '-id'], name='rec_browse_touch'),
        ),
    ]
