"""What is learnt from what was shown, new arrivals with a placement, and places of lists that try new items."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

STRATEGIES = [
    ("related", "bought together with a product"),
    ("cart", "complete the cart"),
    ("for_you", "for you"),
    ("buy_again", "buy again"),
    ("new_for_you", "new for you"),
    ("because_viewed", "because you viewed"),
    ("similar", "similar to a product"),
    ("viewed_together", "viewed together with a product"),
    ("substitutes", "instead of a product"),
    ("trending", "trending"),
    ("best_sellers", "best sellers of these weeks"),
    ("offers", "running offers"),
    ("recently_viewed", "viewed by the shopper"),
    ("new_arrivals", "new arrivals"),
    ("blend", "a blend of several"),
]
JOBS = [
    ("mine", "mine rules"),
    ("train", "train the network"),
    ("refresh", "refresh the network"),
    ("prune", "prune old rows"),
    ("recount", "count everything anew"),
    ("backfill", "back-fill the shop's own orders"),
    ("statistics", "statistics of items"),
    ("exposures", "learn from what was shown"),
]


def create(apps, schema_editor):
    placements = apps.get_model("recommendations", "Placement").objects.using(schema_editor.connection.alias)
    usual = {"title": "New arrivals", "strategy": "new_arrivals", "fallbacks": []}
    placements.get_or_create(slug="new-arrivals", defaults=usual)


def remove(apps, schema_editor):
    """What an earlier version cannot hold: the former constraints would refuse these rows."""
    alias = schema_editor.connection.alias
    apps.get_model("recommendations", "Placement").objects.using(alias).filter(strategy="new_arrivals").delete()
    apps.get_model("recommendations", "JobRun").objects.using(alias).filter(kind="exposures").delete()
    # PostgreSQL alters no table that a check of foreign keys is still to come for.
    schema_editor.connection.check_constraints()


class Migration(migrations.Migration):
    dependencies = [("recommendations", "0011_placement_rules")]
    operations = [
        migrations.AddField(
            "impression", "outcome", models.JSONField("outcome", null=True, editable=False)
        ),
        migrations.AddIndex(
            "impression",
            models.Index(fields=["shown_at", "id"], condition=Q(outcome__isnull=True), name="rec_impression_open"),
        ),
        migrations.CreateModel(
            "ItemExposure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("placement", models.CharField("placement", max_length=50)),
                ("rank", models.PositiveSmallIntegerField("rank")),
                ("impressions", models.BigIntegerField("impressions")),
                ("clicks", models.BigIntegerField("clicks")),
                ("purchases", models.BigIntegerField("purchases")),
                ("weight", models.BigIntegerField("weight")),
                ("weight_clicks", models.BigIntegerField("weight of clicks")),
                ("weight_purchases", models.BigIntegerField("weight of purchases")),
                ("weight_squares", models.BigIntegerField("squares of weights")),
                (
                    "item",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="exposures",
                        to="recommendations.item",
                        verbose_name="item",
                    ),
                ),
            ],
            options={
                "verbose_name": "exposure",
                "verbose_name_plural": "exposures",
                "constraints": [
                    models.UniqueConstraint(fields=["item", "placement", "rank"], name="rec_exposure_place"),
                    models.CheckConstraint(
                        condition=Q(impressions__gte=0, clicks__gte=0, purchases__gte=0, weight__gte=0),
                        name="rec_exposure_sums",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            "Arrival",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("launched_at", models.DateTimeField("launched", db_index=True)),
                ("categories", models.JSONField("categories", default=list)),
                ("believed", models.FloatField("believed before")),
                ("examinations", models.FloatField("examinations")),
                ("rewards", models.FloatField("rewards")),
                ("share", models.FloatField("share of tries")),
                (
                    "item",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="arrival",
                        to="recommendations.item",
                        verbose_name="item",
                    ),
                ),
            ],
            options={
                "verbose_name": "new arrival",
                "verbose_name_plural": "new arrivals",
                "constraints": [models.CheckConstraint(condition=Q(share__gte=0, share__lte=1), name="rec_arrival_share")],
            },
        ),
        migrations.AddField(
            "placement",
            "explore",
            models.FloatField(
                "share for new items",
                default=0.0,
                validators=[
                    django.core.validators.MinValueValidator(0),
                    django.core.validators.MaxValueValidator(0.5),
                ],
                help_text="of the places, from 0 to 0.5, that try what is new in the shop",
            ),
        ),
        migrations.AddConstraint(
            "placement",
            models.CheckConstraint(condition=Q(explore__gte=0, explore__lte=0.5), name="rec_placement_explore"),
        ),
        # The constraints let nothing out that the earlier ones refuse: backwards, the rows go first.
        migrations.RemoveConstraint("placement", "rec_placement_strategy"),
        migrations.RemoveConstraint("jobrun", "rec_job_kind"),
        migrations.RunPython(migrations.RunPython.noop, remove),
        migrations.AlterField(
            "placement", "strategy", models.CharField("strategy", max_length=20, choices=STRATEGIES)
        ),
        migrations.AddConstraint(
            "placement",
            models.CheckConstraint(
                condition=Q(strategy__in=[name for name, _ in STRATEGIES]), name="rec_placement_strategy"
            ),
        ),
        migrations.AlterField("jobrun", "kind", models.CharField("kind", max_length=10, choices=JOBS)),
        migrations.AddConstraint(
            "jobrun",
            models.CheckConstraint(condition=Q(kind__in=[name for name, _ in JOBS]), name="rec_job_kind"),
        ),
        migrations.RunPython(create, migrations.RunPython.noop),
    ]
