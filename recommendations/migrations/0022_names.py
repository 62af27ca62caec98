"""Names of the fields that had none; no table changes."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('recommendations', "0021_erasure"),
    ]

    operations = [
        migrations.AlterField(
            model_name='amendment',
            name='body_digest',
            field=models.CharField(editable=False, max_length=64, verbose_name='digest of what was sent'),
        ),
        migrations.AlterField(
            model_name='browselog',
            name='body_digest',
            field=models.CharField(editable=False, max_length=64, verbose_name='digest of what was sent'),
        ),
        migrations.AlterField(
            model_name='joblog',
            name='job',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='recommendations.jobrun', verbose_name='job'),
        ),
        migrations.AlterField(
            model_name='order',
            name='body_digest',
            field=models.CharField(editable=False, max_length=64, verbose_name='digest of what was sent'),
        ),
        migrations.AlterField(
            model_name='orderline',
            name='order',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='recommendations.order', verbose_name='order'),
        ),
        migrations.AlterField(
            model_name='paircount',
            name='high',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='recommendations.item', verbose_name='higher item'),
        ),
        migrations.AlterField(
            model_name='paircount',
            name='low',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='recommendations.item', verbose_name='lower item'),
        ),
    ]
