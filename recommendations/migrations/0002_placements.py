"""The usual placements, so that a shop has something to put in its templates on the first day."""

from django.db import migrations

PLACEMENTS = [
    ("product-related", "Goes well with it", "related", 8),
    ("cart", "Goes well with your cart", "cart", 6),
    ("for-you", "For you", "for_you", 8),
]


def create(apps, schema_editor):
    placements = apps.get_model("recommendations", "Placement").objects.using(schema_editor.connection.alias)
    for slug, title, strategy, limit in PLACEMENTS:
        placements.get_or_create(slug=slug, defaults={"title": title, "strategy": strategy, "limit": limit})


class Migration(migrations.Migration):
    dependencies = [("recommendations", "0001_initial")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
