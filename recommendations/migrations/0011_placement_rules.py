"""Blends, diversity, caps, price bands, promoted items and category bans; decisions are found by their antecedents."""

import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


def remove(apps, schema_editor):
    """What an earlier version cannot hold: the former constraints would refuse these rows."""
    for name, field, value in (("Placement", "strategy", "blend"), ("Pin", "kind", "promote")):
        rows = apps.get_model("recommendations", name).objects.using(schema_editor.connection.alias)
        rows.filter(**{field: value}).delete()
    # PostgreSQL alters no table that a check of foreign keys is still to come for.
    schema_editor.connection.check_constraints()


class Migration(migrations.Migration):

    dependencies = [
        ('recommendations', '0010_further_strategies'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CategoryBan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('category', models.CharField(help_text='a key, as the shop names it', max_length=200, verbose_name='category')),
                ('beside', models.CharField(help_text='another; the ban holds both ways', max_length=200, verbose_name='not beside')),
                ('starts_at', models.DateTimeField(blank=True, null=True, verbose_name='from')),
                ('ends_at', models.DateTimeField(blank=True, null=True, verbose_name='to')),
                ('note', models.TextField(blank=True, verbose_name='note')),
                ('decided_at', models.DateTimeField(auto_now=True, verbose_name='decided at')),
            ],
            options={
                'verbose_name': 'category ban',
                'verbose_name_plural': 'category bans',
            },
        ),
        migrations.RemoveConstraint(
            model_name='pin',
            name='rec_pin_kind',
        ),
        migrations.RemoveConstraint(
            model_name='placement',
            name='rec_placement_strategy',
        ),
        migrations.AddField(
            model_name='placement',
            name='diversity',
            field=models.FloatField(default=0.0, help_text='0 to 1: how much an item counts for being unlike those before it; 0 leaves the order as it is', validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(1)], verbose_name='diversity'),
        ),
        migrations.AddField(
            model_name='placement',
            name='per_brand',
            field=models.PositiveSmallIntegerField(blank=True, help_text='empty: any number. A list that would be short takes more.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)], verbose_name='most of a brand'),
        ),
        migrations.AddField(
            model_name='placement',
            name='per_category',
            field=models.PositiveSmallIntegerField(blank=True, help_text='by the first category of an item; empty: any number. A list that would be short takes more.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)], verbose_name='most of a category'),
        ),
        migrations.AddField(
            model_name='placement',
            name='price_band',
            field=models.FloatField(blank=True, help_text='most times that a suggestion costs more or less than the product asked about; empty: any price', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1000)], verbose_name='price band'),
        ),
        migrations.AddField(
            model_name='placement',
            name='promoted_share',
            field=models.FloatField(default=0.0, help_text='0 to 1: the share of the limit, rounded down, that promoted items may take', validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(1)], verbose_name='share of promoted items'),
        ),
        migrations.AddField(
            model_name='placement',
            name='sources',
            field=models.JSONField(blank=True, default=list, help_text='a list such as [{"strategy": "related", "weight": 0.7}, {"strategy": "similar", "weight": 0.3}]', verbose_name='sources of a blend'),
        ),
        migrations.AddField(
            model_name='ruledecision',
            name='antecedents',
            field=models.GeneratedField(db_persist=True, expression=django.db.models.functions.text.Left('rule_key', django.db.models.expressions.CombinedExpression(django.db.models.functions.text.StrIndex('rule_key', models.Value('=>')), '-', models.Value(1))), output_field=models.CharField(max_length=100)),
        ),
        migrations.AlterField(
            model_name='pin',
            name='factor',
            field=models.FloatField(default=1.0, verbose_name='boost factor or weight'),
        ),
        migrations.AlterField(
            model_name='pin',
            name='kind',
            field=models.CharField(choices=[('pin', 'pin on top'), ('boost', 'boost'), ('hide', 'hide'), ('promote', 'promote (sponsored)')], max_length=10, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='placement',
            name='strategy',
            field=models.CharField(choices=[('related', 'bought together with a product'), ('cart', 'complete the cart'), ('for_you', 'for you'), ('buy_again', 'buy again'), ('new_for_you', 'new for you'), ('because_viewed', 'because you viewed'), ('similar', 'similar to a product'), ('viewed_together', 'viewed together with a product'), ('substitutes', 'instead of a product'), ('trending', 'trending'), ('best_sellers', 'best sellers of these weeks'), ('offers', 'running offers'), ('recently_viewed', 'viewed by the shopper'), ('blend', 'a blend of several')], max_length=20, verbose_name='strategy'),
        ),
        migrations.AddIndex(
            model_name='ruledecision',
            index=models.Index(fields=['antecedents'], name='rec_decision_antecedents'),
        ),
        migrations.AddConstraint(
            model_name='pin',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['pin', 'boost', 'hide', 'promote'])), name='rec_pin_kind'),
        ),
        migrations.AddConstraint(
            model_name='placement',
            constraint=models.CheckConstraint(condition=models.Q(('strategy__in', ['related', 'cart', 'for_you', 'buy_again', 'new_for_you', 'because_viewed', 'similar', 'viewed_together', 'substitutes', 'trending', 'best_sellers', 'offers', 'recently_viewed', 'blend'])), name='rec_placement_strategy'),
        ),
        migrations.AddConstraint(
            model_name='placement',
            constraint=models.CheckConstraint(condition=models.Q(('diversity__gte', 0), ('diversity__lte', 1), ('promoted_share__gte', 0), ('promoted_share__lte', 1)), name='rec_placement_shares'),
        ),
        migrations.AddConstraint(
            model_name='placement',
            constraint=models.CheckConstraint(condition=models.Q(('per_category__isnull', True), ('per_category__gte', 1), _connector='OR'), name='rec_placement_per_category'),
        ),
        migrations.AddConstraint(
            model_name='placement',
            constraint=models.CheckConstraint(condition=models.Q(('per_brand__isnull', True), ('per_brand__gte', 1), _connector='OR'), name='rec_placement_per_brand'),
        ),
        migrations.AddConstraint(
            model_name='placement',
            constraint=models.CheckConstraint(condition=models.Q(('price_band__isnull', True), ('price_band__gte', 1), _connector='OR'), name='rec_placement_price_band'),
        ),
        migrations.AddField(
            model_name='categoryban',
            name='decided_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by'),
        ),
        migrations.AddConstraint(
            model_name='categoryban',
            constraint=models.UniqueConstraint(fields=('category', 'beside'), name='rec_ban_once'),
        ),
        migrations.AddConstraint(
            model_name='categoryban',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__isnull', True), ('starts_at__isnull', True), ('ends_at__gt', models.F('starts_at')), _connector='OR'), name='rec_ban_period'),
        ),
        migrations.RunPython(migrations.RunPython.noop, remove),
    ]
