"""Daily figures of what lists earned, and columns for the placement and the strategy of an event's list."""

import django.db.models.deletion
from django.db import migrations, models


def remove(apps, schema_editor):
    """The former constraint would refuse these rows."""
    alias = schema_editor.connection.alias
    apps.get_model("recommendations", "JobRun").objects.using(alias).filter(kind="outcomes").delete()
    # PostgreSQL alters no table that a check of foreign keys is still to come for.
    schema_editor.connection.check_constraints()


class Migration(migrations.Migration):

    dependencies = [
        ('recommendations', '0016_parameters'),
    ]

    operations = [
        migrations.CreateModel(
            name='ChangedDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='day')),
            ],
            options={
                'verbose_name': 'changed day',
                'verbose_name_plural': 'changed days',
            },
        ),
        migrations.CreateModel(
            name='DailyOutcome',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='day')),
                ('placement', models.CharField(blank=True, max_length=50, verbose_name='placement')),
                ('strategy', models.CharField(blank=True, max_length=20, verbose_name='strategy')),
                ('lists', models.BigIntegerField(default=0, verbose_name='lists shown')),
                ('fallbacks', models.BigIntegerField(default=0, verbose_name='of them fallbacks')),
                ('shown', models.BigIntegerField(default=0, verbose_name='items shown')),
                ('clicks', models.BigIntegerField(default=0, verbose_name='clicks')),
                ('clicked', models.BigIntegerField(default=0, verbose_name='lists clicked')),
                ('cart_adds', models.BigIntegerField(default=0, verbose_name='added to cart')),
                ('orders', models.BigIntegerField(default=0, verbose_name='orders')),
                ('quantity', models.BigIntegerField(default=0, verbose_name='pieces')),
                ('revenue', models.JSONField(default=dict, verbose_name='revenue')),
            ],
            options={
                'verbose_name': 'daily outcome',
                'verbose_name_plural': 'daily outcomes',
            },
        ),
        migrations.CreateModel(
            name='ItemOutcome',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='day')),
                ('placement', models.CharField(blank=True, max_length=50, verbose_name='placement')),
                ('source', models.CharField(blank=True, max_length=20, verbose_name='source')),
                ('shown', models.BigIntegerField(default=0, verbose_name='shown')),
                ('clicks', models.BigIntegerField(default=0, verbose_name='clicks')),
                ('cart_adds', models.BigIntegerField(default=0, verbose_name='added to cart')),
                ('orders', models.BigIntegerField(default=0, verbose_name='orders')),
                ('quantity', models.BigIntegerField(default=0, verbose_name='pieces')),
                ('revenue', models.JSONField(default=dict, verbose_name='revenue')),
            ],
            options={
                'verbose_name': 'daily outcome of an item',
                'verbose_name_plural': 'daily outcomes of items',
            },
        ),
        migrations.CreateModel(
            name='OutcomeState',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('computed_at', models.DateTimeField(verbose_name='computed at')),
                ('since', models.DateField(verbose_name='since')),
                ('attribution_days', models.PositiveIntegerField(verbose_name='attribution days')),
                ('time_zone', models.CharField(max_length=100, verbose_name='time zone')),
                ('seen', models.JSONField(default=dict, verbose_name='seen')),
                ('sellable', models.BinaryField(default=bytes, verbose_name='items on sale')),
                ('sellable_on', models.DateField(null=True, verbose_name='items on sale as of')),
            ],
            options={
                'verbose_name': 'state of the daily outcomes',
                'verbose_name_plural': 'state of the daily outcomes',
            },
        ),
        migrations.CreateModel(
            name='ShownItems',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(unique=True, verbose_name='day')),
                ('items', models.BinaryField(verbose_name='items')),
            ],
            options={
                'verbose_name': 'items shown on a day',
                'verbose_name_plural': 'items shown on a day',
            },
        ),
        migrations.RemoveConstraint(
            model_name='jobrun',
            name='rec_job_kind',
        ),
        migrations.AddField(
            model_name='browselog',
            name='placement',
            field=models.CharField(blank=True, db_default='', default='', max_length=50, verbose_name='placement'),
        ),
        migrations.AddField(
            model_name='browselog',
            name='source',
            field=models.CharField(blank=True, db_default='', default='', max_length=20, verbose_name='source'),
        ),
        migrations.AddField(
            model_name='browselog',
            name='strategy',
            field=models.CharField(blank=True, db_default='', default='', max_length=20, verbose_name='strategy'),
        ),
        migrations.AddField(
            model_name='impression',
            name='strategy',
            field=models.CharField(blank=True, db_default='', default='', max_length=20, verbose_name='strategy'),
        ),
        migrations.RunPython(migrations.RunPython.noop, remove),
        migrations.AlterField(
            model_name='jobrun',
            name='kind',
            field=models.CharField(choices=[('mine', 'mine rules'), ('train', 'train the network'), ('refresh', 'refresh the network'), ('prune', 'prune old rows'), ('recount', 'count everything anew'), ('backfill', "back-fill the shop's own orders"), ('statistics', 'statistics of items'), ('exposures', 'learn from what was shown'), ('preview', 'preview rules'), ('outcomes', 'daily figures of the placements')], max_length=10, verbose_name='kind'),
        ),
        migrations.AddIndex(
            model_name='impression',
            index=models.Index(fields=['shown_at'], name='rec_impression_shown'),
        ),
        migrations.AddConstraint(
            model_name='jobrun',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['mine', 'train', 'refresh', 'prune', 'recount', 'backfill', 'statistics', 'exposures', 'preview', 'outcomes'])), name='rec_job_kind'),
        ),
        migrations.AddConstraint(
            model_name='dailyoutcome',
            constraint=models.UniqueConstraint(fields=('day', 'placement', 'strategy'), name='rec_outcome_day'),
        ),
        migrations.AddField(
            model_name='itemoutcome',
            name='item',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='outcomes', to='recommendations.item', verbose_name='item'),
        ),
        migrations.AddIndex(
            model_name='itemoutcome',
            index=models.Index(fields=['day'], name='rec_itemoutcome_of'),
        ),
        migrations.AddIndex(
            model_name='itemoutcome',
            index=models.Index(condition=models.Q(('orders__gt', 0)), fields=['day', 'item'], name='rec_itemoutcome_earned'),
        ),
        migrations.AddIndex(
            model_name='itemoutcome',
            index=models.Index(condition=models.Q(('source__in', ('staff', 'promoted'))), fields=['day', 'item'], name='rec_itemoutcome_chosen'),
        ),
        migrations.AddConstraint(
            model_name='itemoutcome',
            constraint=models.UniqueConstraint(fields=('item', 'day', 'placement', 'source'), name='rec_itemoutcome_day'),
        ),
    ]
