"""Earlier events are told the placement of their list where the page reported it: in small steps, while the shop sells."""

from django.db import migrations
from django.db.models import Max, OuterRef, Subquery

LISTS_AT_ONCE = 1_000


def tell_placements(apps, schema_editor):
    """Each step is a statement of its own, by the index of the events' lists; done again it changes nothing."""
    alias = schema_editor.connection.alias
    lists = apps.get_model("recommendations", "Impression").objects.using(alias)
    events = apps.get_model("recommendations", "BrowseLog").objects.using(alias).filter(placement="")
    placement = Subquery(lists.filter(recommendation=OuterRef("recommendation")).values("placement")[:1])
    newest = lists.aggregate(newest=Max("pk"))["newest"] or 0
    for first in range(1, newest + 1, LISTS_AT_ONCE):
        some = lists.filter(pk__gte=first, pk__lt=first + LISTS_AT_ONCE)
        events.filter(recommendation__in=some.values("recommendation")).update(placement=placement)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("recommendations", "0022_names")]

    operations = [migrations.RunPython(tell_placements, migrations.RunPython.noop)]
