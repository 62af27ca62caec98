"""Of which category items are, for pictures of more rules than the shop could be asked about."""

from recommendations import store
from recommendations.catalogue import Context
from recommendations.data.categories import ItemCategories
from recommendations.models import ArtefactKind, BasketTotals, ItemCount
from recommendations.services.titles import facts_by_key

MOST_ASKED = 1_000
ASKED_AT_ONCE = 500


def item_categories(context: Context) -> ItemCategories:
    """Those of `published_categories`.

    A shop whose catalogue streams nothing, or that has no statistics yet, is asked for the categories of the
    `MOST_ASKED` items in most orders.
    """
    return published_categories() or _asked(context)


def published_categories() -> ItemCategories | None:
    """Those that were published with the statistics of items; None where there are none."""
    live = store.live(ArtefactKind.ITEMS)
    published = None if live is None else ItemCategories.from_arrays(live.arrays)
    return published if published is not None and len(published.names) > 1 else None


def _asked(context: Context) -> ItemCategories:
    generation = BasketTotals.objects.live().values("generation")[:1]
    sold = ItemCount.objects.filter(generation=generation, orders__gt=0).order_by("-orders")
    ids = dict(sold.values_list("item__key", "item_id")[:MOST_ASKED])
    keys, names = list(ids), {}
    for start in range(0, len(keys), ASKED_AT_ONCE):
        facts = facts_by_key(keys[start : start + ASKED_AT_ONCE], context)
        names.update({ids[key]: str(one.categories[0]) for key, one in facts.items() if key in ids and one.categories})
    return ItemCategories.named(names)
