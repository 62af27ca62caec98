"""More ways to make a list, a placement for each, and artefacts of what is viewed in sessions."""

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
]
KINDS = [("rules", "rules"), ("network", "network"), ("session", "sessions")]
PLACEMENTS = [
    ("buy-again", "Buy again", "buy_again", 8),
    ("new-for-you", "New for you", "new_for_you", 8),
    ("because-viewed", "Because of what you viewed", "because_viewed", 8),
    ("product-similar", "Similar products", "similar", 8),
]


def create(apps, schema_editor):
    placements = apps.get_model("recommendations", "Placement").objects.using(schema_editor.connection.alias)
    for slug, title, strategy, limit in PLACEMENTS:
        placements.get_or_create(slug=slug, defaults={"title": title, "strategy": strategy, "limit": limit})


class Migration(migrations.Migration):
    dependencies = [("recommendations", "0007_held_rules")]
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
        migrations.RemoveConstraint("artefact", "rec_artefact_kind"),
        migrations.AlterField("artefact", "kind", models.CharField("kind", max_length=10, choices=KINDS)),
        migrations.AlterField(
            "livepointer", "kind", models.CharField("kind", max_length=10, choices=KINDS, unique=True)
        ),
        migrations.AddConstraint(
            "artefact",
            models.CheckConstraint(condition=Q(kind__in=[name for name, _ in KINDS]), name="rec_artefact_kind"),
        ),
        migrations.RunPython(create, migrations.RunPython.noop),
    ]
