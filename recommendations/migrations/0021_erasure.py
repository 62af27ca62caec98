"""Erasing shoppers: digests of those who are gone, orders that leave with them, and the job that deletes."""

from django.db import migrations, models


def remove(apps, schema_editor):
    """The former constraints would refuse these rows."""
    alias = schema_editor.connection.alias
    apps.get_model("recommendations", "JobRun").objects.using(alias).filter(kind="erase").delete()
    orders = apps.get_model("recommendations", "Order").objects.using(alias)
    orders.filter(excluded="erased").update(excluded="cancelled")
    orders.filter(status="erased").update(status="cancelled")
    # PostgreSQL alters no table that a check of foreign keys is still to come for.
    schema_editor.connection.check_constraints()


class Migration(migrations.Migration):

    dependencies = [
        ('recommendations', "0020_admin_indexes"),
    ]

    operations = [
        migrations.CreateModel(
            name='ErasedKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64, unique=True, verbose_name='digest')),
                ('erased_at', models.DateTimeField(verbose_name='erased at')),
            ],
            options={
                'verbose_name': 'erased key',
                'verbose_name_plural': 'erased keys',
                'default_permissions': (),
            },
        ),
        migrations.RemoveConstraint(
            model_name='jobrun',
            name='rec_job_kind',
        ),
        migrations.RemoveConstraint(
            model_name='order',
            name='rec_order_status',
        ),
        migrations.RemoveConstraint(
            model_name='order',
            name='rec_order_excluded',
        ),
        migrations.AddField(
            model_name='shopper',
            name='erased_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='erased at'),
        ),
        migrations.AlterField(
            model_name='jobrun',
            name='kind',
            field=models.CharField(choices=[('mine', 'mine rules'), ('train', 'train the network'), ('refresh', 'refresh the network'), ('prune', 'prune old rows'), ('recount', 'count everything anew'), ('backfill', "back-fill the shop's own orders"), ('statistics', 'statistics of items'), ('exposures', 'learn from what was shown'), ('preview', 'preview rules'), ('outcomes', 'daily figures of the placements'), ('erase', 'delete what was kept of erased shoppers')], max_length=10, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='order',
            name='excluded',
            field=models.CharField(blank=True, choices=[('erased', 'erased with its shopper'), ('window', 'before the window'), ('cancelled', 'cancelled'), ('campaign', 'within a campaign that is left out'), ('nothing', 'none of its lines counts'), ('large', "more items than a shopper's order has"), ('rate', 'more orders that day than a shopper places')], db_default='', default='', editable=False, max_length=9, verbose_name='why it is not counted'),
        ),
        migrations.AlterField(
            model_name='order',
            name='status',
            field=models.CharField(choices=[('placed', 'placed'), ('cancelled', 'cancelled'), ('erased', 'erased with its shopper')], default='placed', max_length=10, verbose_name='status'),
        ),
        migrations.AddIndex(
            model_name='shopper',
            index=models.Index(condition=models.Q(('erased_at__isnull', False)), fields=['id'], name='rec_shopper_erased'),
        ),
        migrations.AddConstraint(
            model_name='jobrun',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['mine', 'train', 'refresh', 'prune', 'recount', 'backfill', 'statistics', 'exposures', 'preview', 'outcomes', 'erase'])), name='rec_job_kind'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['placed', 'cancelled', 'erased'])), name='rec_order_status'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('excluded__in', ['', 'erased', 'window', 'cancelled', 'campaign', 'nothing', 'large', 'rate'])), name='rec_order_excluded'),
        ),
        migrations.RunPython(migrations.RunPython.noop, remove),
    ]
