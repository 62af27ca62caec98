"""The adapter that a shop implements: product keys in, live facts out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.core.signals import setting_changed
from django.db.models import Model
from django.utils.module_loading import import_string

from recommendations.conf import settings
from recommendations.data.facts import Context, Facts, Identity, Offer, UnknownProduct
from recommendations.data.orders import PlacedLine, PlacedOrder, ReturnedLine
from recommendations.plans import planned_once

__all__ = [
    "Catalogue",
    "Context",
    "Facts",
    "Identity",
    "Offer",
    "PlacedLine",
    "PlacedOrder",
    "ReturnedLine",
    "UnknownProduct",
    "get_catalogue",
    "planned_once",
    "primary_keys",
]


class Catalogue:
    """What the plugin asks of a shop. `facts` is all that must be written; the rest has working defaults.

    Product keys are text of 1 to 200 characters: integers, UUIDs, `a/b` and Chinese all work. An *item*
    is what is counted as one thing: usually the parent of a product's variants. Item keys are product
    keys too, so `facts` answers for both. Each method takes many keys at once and should cost one query.
    Keys come from anybody: see `primary_keys` where yours are numbers or UUIDs.

    `order_model` may name the shop's own order model: a system check then sees to it that an order and its record
    are one transaction of one database. `product_models` names what is a product: template tags then find it in a
    cart's lines by whatever field, and refuse a line's own key.
    """

    order_model: type[Model] | None = None
    product_models: tuple[type[Model], ...] = ()

    def item_key(self, product: Any) -> str:
        """The item that a host's product object is counted as. Default: its `parent` if it has one, else itself."""
        parent = getattr(product, "parent_id", None)
        return str(parent if parent is not None else product.pk)

    def identify(self, product_keys: Sequence[str]) -> Mapping[str, Identity]:
        """What each product is counted as; keys left out are their own item and counted."""
        return {}

    def facts(self, keys: Sequence[str], context: Context) -> Mapping[str, Facts]:
        """Live facts of items or products. A key left out is one that the shop does not know."""
        raise NotImplementedError

    def objects(self, keys: Sequence[str], context: Context) -> Mapping[str, Any]:
        """The host's own objects, for templates that want more than facts. Default: none."""
        return {}

    def stream(self, context: Context) -> Iterator[Facts]:
        """Facts of every item, for training. Default: none, and networks learn from orders alone."""
        return iter(())

    def search(self, text: str, limit: int) -> Sequence[Facts]:
        """Items whose title or key matches, best first, for staff. Default: none."""
        return ()

    def members(self, category: str, limit: int) -> Sequence[str]:
        """Keys of items in a category, for its best sellers. Default: none, and the whole shop's serve."""
        return ()

    def launched(self, since: datetime, limit: int) -> Sequence[str]:
        """Keys of items launched after `since`, newest first, ordered or not. Default: none, and what is new is told
        by `launched_at` of the items that the plugin first heard of lately, or by that day itself.
        """
        return ()

    def offered(self, limit: int) -> Sequence[str]:
        """Keys of items with an offer that runs now, those that end first; `facts` has the last word. Default: none."""
        return ()

    def orders(self, since: datetime | None) -> Iterator[PlacedOrder]:
        """The shop's own orders placed after `since` (None: all), oldest first, for a back-fill. Default: none."""
        return iter(())

    def register(self, products: Sequence[UnknownProduct]) -> None:
        """Create products that an imported history names. Default: nothing, and they have no facts."""

    def context(self, request: Any) -> Context:
        """For whom facts are asked, read off a request. Default: its language."""
        return Context(language=getattr(request, "LANGUAGE_CODE", "") or "")


def primary_keys(model: type[Model], keys: Iterable[str]) -> list[Any]:
    """Those of the keys that can be primary keys of `model`, as its column takes them.

    Keys come from anybody, and a query for the number or the UUID `abc` would raise.
    """
    column: Any = model._meta.pk
    while column.remote_field is not None:
        column = column.target_field
    found = []
    for key in keys:
        try:
            value = column.clean(key, None)
        except ValidationError:
            continue
        if str(value) == key:
            found.append(value)
    return found


@cache
def get_catalogue() -> Catalogue:
    """The shop's adapter, named by `RECOMMENDATIONS["CATALOGUE"]`."""
    catalogue: Catalogue = import_string(settings.CATALOGUE)()
    return catalogue


def _forget(*, setting: str, **_: Any) -> None:
    if setting == "RECOMMENDATIONS":
        get_catalogue.cache_clear()


setting_changed.connect(_forget)
