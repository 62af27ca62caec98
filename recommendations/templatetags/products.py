"""Which product a template means: a host's object, a key, or a cart's line in one of the shapes that carts have."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Model

from recommendations.catalogue import get_catalogue
from recommendations.exceptions import InvalidInput


def product_key(entry: Any) -> str:
    """The key of a product, of a line with a `product` or one product among its fields, of `(product, 2)`.

    Raises
    ------
    InvalidInput : the catalogue's `product_models` are named and there is no product among them, or more than one.
    """
    entry = getattr(entry, "product", entry)
    if isinstance(entry, Mapping):
        entry = entry["product"] if "product" in entry else _one(entry, iter(entry.values()))
    elif isinstance(entry, tuple | list):
        entry = entry[0] if entry else _one(entry, iter(()))
    if isinstance(entry, str | int | UUID):
        return str(entry)
    models = get_catalogue().product_models
    if models and isinstance(entry, Model) and not isinstance(entry, models):
        entry = _one(entry, _related(entry))
    return get_catalogue().item_key(entry)


def _related(line: Model) -> Iterator[Any]:
    for field in line._meta.fields:
        related: Any = field.related_model
        if related is not None and issubclass(related, get_catalogue().product_models):
            yield getattr(line, field.name)


def _one(line: Any, values: Iterator[Any]) -> Any:
    models = get_catalogue().product_models
    found = [value for value in values if isinstance(value, models)] if models else []
    if len(found) != 1:
        raise InvalidInput(
            type(line).__name__,
            f"has {len(found) or 'no'} products: name it `product`, give keys, or name the shop's product models as "
            "`product_models` of the catalogue",
        )
    return found[0]
