"""Ask the shop which items are no products any more, or are ones again, and let their orders be counted anew."""

import logging
from collections.abc import Iterator, Sequence

from recommendations.catalogue import Context, get_catalogue
from recommendations.models import Counted, Item, Order, OrderLine, database

logger = logging.getLogger(__name__)

ITEMS_AT_ONCE = 500


def note_flags() -> int:
    """Note what the catalogue's facts say of `counted`; returns of how many items that changed.

    Orders with such an item are folded again. An item that the shop does not know stays as it was, as all do from
    where the catalogue raises.
    """
    changed = 0
    try:
        for items in _parts():
            changed += _note(items)
    except Exception:
        logger.exception("the catalogue gives no facts: which items count stays as it was noted last")
    return changed


def _parts() -> Iterator[Sequence[Item]]:
    last = 0
    while items := list(Item.objects.filter(pk__gt=last).order_by("id")[:ITEMS_AT_ONCE]):
        yield items
        last = items[-1].pk


def _note(items: Sequence[Item]) -> int:
    with database.savepoints():
        facts = get_catalogue().facts([item.key for item in items], Context())
    wrong = [item for item in items if item.key in facts and facts[item.key].counted != item.is_counted]
    if not wrong:
        return 0
    with database.atomic():
        for is_counted in (True, False):
            ids = [item.pk for item in wrong if facts[item.key].counted == is_counted]
            Item.objects.filter(pk__in=ids).update(is_counted=is_counted)
        lines = OrderLine.objects.filter(item__in=[item.pk for item in wrong])
        # Pending ones too: a fold that is at one of them may end first, and has then counted it by the old flag.
        states = [Counted.PENDING, Counted.COUNTED, Counted.EXCLUDED]
        Order.objects.filter(pk__in=lines.values("order"), counted__in=states).to_be_folded()
    return len(wrong)
