"""Some weeks of visits before the shop opens: the lists that customers saw, what they clicked, and what they bought.

The orders are the real ones. Before some of them their customer looks at one product that they will buy; what the lists
beside it hold is what the plugin serves. A suggestion that is in the order is clicked often, another one seldom.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from django.db import transaction

from recommendations.catalogue import Context
from recommendations.services import record, serve
from shop.catalogue import ShopCatalogue
from shop.models import Order

WEEKS = 4
VISITS = 160
SEED = 20260302

LOOKED_BEFORE = range(10, 60)
"""Minutes between a look at the product and the order."""

CLICKS_WANTED, CLICKS_ELSE = 0.18, 0.015
"""How likely a list is clicked that holds what will be bought, and one that does not."""

ADDED_WANTED, ADDED_ELSE = 0.9, 0.2
"""How likely what was clicked goes into the cart."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A customer's look at the first of `bought`, the keys of what they will order."""

    shopper: str
    at: datetime
    bought: Sequence[str]


@transaction.atomic
def record_visits(*, now: datetime) -> int:
    """Record the visits of the last WEEKS; the number of lists that were shown. Nothing twice: call it once."""
    rng = Random(SEED)  # noqa: S311
    return sum(_record(visit, rng) for visit in _visits(now, rng))


def _visits(now: datetime, rng: Random) -> Iterator[Visit]:
    """Before at most VISITS orders, spread evenly over the weeks."""
    orders = Order.objects.filter(placed_at__gte=now - timedelta(weeks=WEEKS), user__isnull=False)
    ids = list(orders.order_by("placed_at", "pk").values_list("pk", flat=True))
    chosen = ids[:: max(1, -(-len(ids) // VISITS))]
    for order in orders.filter(pk__in=chosen).order_by("placed_at", "pk").prefetch_related("lines__product"):
        before = timedelta(minutes=rng.choice(LOOKED_BEFORE))
        bought = [line.product.sku for line in sorted(order.lines.all(), key=lambda line: line.pk)]
        rng.shuffle(bought)
        if bought:
            yield Visit(f"user:{order.user_id}", order.placed_at - before, bought)


def _record(visit: Visit, rng: Random) -> int:
    asked = [
        serve.Request("for_you"),
        serve.Request("related", visit.bought[:1]),
        serve.Request("cart", visit.bought[:2]),
    ]
    # A look at the product is there before its lists are, as it is in a shop.
    seen = [_event("view", visit.at, visit.bought[0], rng)]
    lists = serve.batch(asked, context=Context(), now=visit.at, shopper=visit.shopper)
    lists = [shown for shown in lists if shown.items]
    record.impressions([shown.recommendation_id for shown in lists], shopper=visit.shopper, now=visit.at)
    identities = ShopCatalogue().identify(visit.bought)
    wanted = {identities[key].item_key if key in identities else key for key in visit.bought}
    for number, shown in enumerate(lists, start=1):
        seen += _clicked(shown, wanted, visit.at + timedelta(minutes=number), rng)
    record.events(seen, shopper=visit.shopper, now=visit.at + timedelta(minutes=len(lists) + 1))
    return len(lists)


def _clicked(shown: serve.Recommendation, wanted: set[str], at: datetime, rng: Random) -> Iterator[record.BrowseEvent]:
    """A click on the list and what followed, if there was one."""
    hits = [one for one in shown.items if one.facts.key in wanted]
    likely, added = (CLICKS_WANTED, ADDED_WANTED) if hits else (CLICKS_ELSE, ADDED_ELSE)
    if rng.random() >= likely:
        return
    chosen = rng.choice(hits or shown.items)
    yield _event("click", at, chosen.item, rng, recommendation=shown.recommendation_id)
    if rng.random() < added:
        yield _event("cart_add", at + timedelta(seconds=30), chosen.item, rng)


def _event(
    kind: str, at: datetime, product: str, rng: Random, *, recommendation: str | None = None
) -> record.BrowseEvent:
    body: Mapping[str, object] = {
        "event_id": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        "kind": kind,
        "at": at.isoformat(),
        "item": product,
        "recommendation": recommendation or "",
    }
    return record.BrowseEvent.parse(body)
