"""Further ways to make a list with a placement for each, and statistics of items with the job that makes them."""

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
]
ARTEFACTS = [("rules", "rules"), ("network", "network"), ("session", "sessions"), ("items", "statistics of items")]
JOBS = [
    ("mine", "mine rules"),
    ("train", "train the network"),
    ("refresh", "refresh the network"),
    ("prune", "prune old rows"),
    ("recount", "count everything anew"),
    ("backfill", "back-fill the shop's own orders"),
    ("statistics", "statistics of items"),
]
BOUGHT_BEFORE = [
    ("if_repeated", "shown if it is one that shoppers buy again"),
    ("show", "shown"),
    ("hide", "left out"),
]
PLACEMENTS = [
    ("product-viewed", "Others viewed as well", "viewed_together", ["category", "popular"]),
    ("product-substitutes", "Instead of it", "substitutes", ["category"]),
    ("trending", "Trending now", "trending", ["category", "popular"]),
    ("best-sellers", "Best sellers", "best_sellers", ["category", "popular"]),
    ("offers", "Offers for you", "offers", []),
    ("recently-viewed", "You looked at these", "recently_viewed", []),
]


def create(apps, schema_editor):
    placements = apps.get_model("recommendations", "Placement").objects.using(schema_editor.connection.alias)
    for slug, title, strategy, fallbacks in PLACEMENTS:
        placements.get_or_create(slug=slug, defaults={"title": title, "strategy": strategy, "fallbacks": fallbacks})


def remove(apps, schema_editor):
    """What an earlier version cannot hold: the former constraints would refuse these rows."""
    alias = schema_editor.connection.alias
    for name, field, values in (
        ("Placement", "strategy", {strategy for _, _, strategy, _ in PLACEMENTS}),
        ("LivePointer", "kind", {"items"}),
        ("Artefact", "kind", {"items"}),
        ("JobRun", "kind", {"statistics"}),
    ):
        apps.get_model("recommendations", name).objects.using(alias).filter(**{f"{field}__in": values}).delete()
    # PostgreSQL alters no table that a check of foreign keys is still to come for.
    schema_editor.connection.check_constraints()


def kinds(model, field, name, choices, *also):
    """A field's choices, the constraint that holds them, and the same choices of other models' fields."""
    altered = [migrations.AlterField(model, field, models.CharField(field, max_length=10, choices=choices)), *also]
    check = models.CheckConstraint(condition=Q(**{f"{field}__in": [value for value, _ in choices]}), name=name)
    return [migrations.RemoveConstraint(model, name), *altered, migrations.AddConstraint(model, check)]


class Migration(migrations.Migration):
    dependencies = [("recommendations", "0009_refresh")]
    operations = [
        migrations.RemoveConstraint("placement", "rec_placement_strategy"),
        migrations.AlterField(
            "placement", "strategy", models.CharField("strategy", max_length=20, choices=STRATEGIES)
        ),
        migrations.AddConstraint(
            "placement",
            models.CheckConstraint(
                condition=Q(strategy__in=[name for name, _ in STRATEGIES]), name="rec_placement_strategy"
            ),
        ),
        migrations.AddField(
            "placement",
            "bought_before",
            models.CharField(
                "what was bought before",
                max_length=11,
                choices=BOUGHT_BEFORE,
                default="if_repeated",
                help_text="lists of what the shopper bought or viewed hold it in any case, new for you in none",
            ),
        ),
        migrations.AddConstraint(
            "placement",
            models.CheckConstraint(
                condition=Q(bought_before__in=[name for name, _ in BOUGHT_BEFORE]), name="rec_placement_bought"
            ),
        ),
        *kinds(
            "artefact",
            "kind",
            "rec_artefact_kind",
            ARTEFACTS,
            migrations.AlterField(
                "livepointer", "kind", models.CharField("kind", max_length=10, choices=ARTEFACTS, unique=True)
            ),
        ),
        *kinds("jobrun", "kind", "rec_job_kind", JOBS),
        migrations.RunPython(create, remove),
    ]
