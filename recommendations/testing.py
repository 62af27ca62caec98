"""For hosts' own tests: a catalogue in memory, orders in one line, and counts without a worker.

settings.RECOMMENDATIONS = {"CATALOGUE": "recommendations.testing.FakeCatalogue"}

with eager_fold(), shelf("bread", "butter"):
    for _ in range(3):
        record.order(placed_order("bread", "butter"))
    assert client.get("/products/bread/").context["related"]
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from decimal import Decimal
from functools import wraps
from typing import Any, ClassVar
from unittest import mock

from django.utils import timezone

from recommendations.catalogue import Catalogue, Context, Facts, Identity, PlacedLine, PlacedOrder
from recommendations.services import record
from recommendations.services.fold import fold_all

RECORDING = ("order", "orders", "cancel", "refund", "returned", "returns")

_numbers = itertools.count(1)


class FakeCatalogue(Catalogue):
    """A catalogue in memory: put `Facts` into `shelf`, identities of variants into `identities`.

    Both belong to the class, so what a test puts there outlives a change of settings; clear them between tests.
    """

    shelf: ClassVar[dict[str, Facts]] = {}
    identities: ClassVar[dict[str, Identity]] = {}

    def identify(self, product_keys: Sequence[str]) -> Mapping[str, Identity]:
        return {key: self.identities[key] for key in product_keys if key in self.identities}

    def facts(self, keys: Sequence[str], context: Context) -> Mapping[str, Facts]:
        return {key: self.shelf[key] for key in keys if key in self.shelf}

    def stream(self, context: Context) -> Iterator[Facts]:
        return iter(list(self.shelf.values()))

    def search(self, text: str, limit: int) -> Sequence[Facts]:
        return [facts for facts in self.shelf.values() if text.lower() in facts.title.lower()][:limit]

    def members(self, category: str, limit: int) -> Sequence[str]:
        return [facts.key for facts in self.shelf.values() if category in facts.categories][:limit]

    def offered(self, limit: int) -> Sequence[str]:
        return [facts.key for facts in self.shelf.values() if facts.offer is not None][:limit]


@contextmanager
def shelf(*keys: str, **facts: Any) -> Iterator[None]:
    """Products of these keys in the fake catalogue, all with the same further facts (`price=`, `stock=`, ...)."""
    made = {key: Facts(key=key, title=key.title(), url=f"/products/{key}/", **facts) for key in keys}
    with mock.patch.dict(FakeCatalogue.shelf, made):
        yield


def placed_order(
    *product_keys: str,
    key: str | None = None,
    shopper: str | None = "user:1",
    at: datetime | None = None,
    quantity: int = 1,
    price: Decimal | str = "1.00",
    currency: str = "EUR",
    channel: str = "web",
) -> PlacedOrder:
    """An order of `quantity` pieces of each product, with a key of its own and placed now where none is given."""
    return PlacedOrder(
        key=key or f"test-order-{next(_numbers)}",
        lines=tuple(PlacedLine(product, quantity, Decimal(price)) for product in product_keys),
        placed_at=at or timezone.now(),
        currency=currency,
        shopper=shopper,
        channel=channel,
    )


@contextmanager
def eager_fold() -> Iterator[None]:
    """What `record.order(...)` and the other calls of `record` change is in the counts when they return.

    Works within the transaction of a TestCase. Without it, `recommendations.services.fold.fold_all(now=...)` counts
    what was recorded so far.
    """

    def eager(write: Any) -> Any:
        @wraps(write)
        def written(*args: Any, **kwargs: Any) -> Any:
            made = write(*args, **kwargs)
            fold_all(now=timezone.now())
            return made

        return written

    with ExitStack() as stack:
        for name in RECORDING:
            stack.enter_context(mock.patch.object(record, name, eager(getattr(record, name))))
        yield
