"""Titles of items, for lists that staff read: one query and one question to the shop, however many items.

Staff must reach their rows when the shop's catalogue is out of order: keys then stand in for titles.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from recommendations.catalogue import Context, get_catalogue
from recommendations.models import Item, database

logger = logging.getLogger(__name__)

MOST_FOUND = 50

Answer = TypeVar("Answer")


def context_of(request: Any) -> Context:
    """For whom the shop is asked; the default one where it cannot tell."""
    return _ask(lambda: get_catalogue().context(request), Context())


def titles(item_ids: Iterable[int], context: Context) -> Mapping[int, str]:
    """Title of each item by id; the product key stands in where the shop does not know the product."""
    keys = dict(Item.objects.filter(pk__in=set(item_ids)).values_list("pk", "key"))
    nothing: dict[str, str] = {}
    known = _ask(lambda: _titles_by_key(list(keys.values()), context), nothing) if keys else nothing
    return {pk: known.get(key, key) for pk, key in keys.items()}


def find_items(words: str) -> list[int]:
    """Ids of items with this very key, or with a title that the shop finds by these words; at most 51."""
    nothing: list[str] = []
    found = _ask(lambda: [facts.key for facts in get_catalogue().search(words, MOST_FOUND)], nothing)
    return list(Item.objects.filter(key__in=[words, *found]).values_list("pk", flat=True))


def find_products(words: str, context: Context) -> Mapping[str, str]:
    """Titles by key of the product with this very key and of what the shop finds by these words, at most 51."""

    def asked() -> dict[str, str]:
        catalogue = get_catalogue()
        very = catalogue.facts([words], context)
        return {one.key: one.title for one in (*very.values(), *catalogue.search(words, MOST_FOUND))}

    nothing: dict[str, str] = {}
    return _ask(asked, nothing)


def titles_of(keys: Iterable[str], context: Context) -> dict[str, str]:
    """Title of each product by key; the key stands in where the shop does not know it."""
    wanted = list(dict.fromkeys(keys))
    nothing: dict[str, str] = {}
    known = _ask(lambda: _titles_by_key(wanted, context), nothing) if wanted else nothing
    return {key: known.get(key, key) for key in wanted}


def categories_of(item_ids: Iterable[int], context: Context) -> Mapping[int, Sequence[str]]:
    """Keys of the categories of each item by id, as the shop has them; none where it does not know the product."""
    keys = dict(Item.objects.filter(pk__in=set(item_ids)).values_list("pk", "key"))

    def asked() -> dict[str, Sequence[str]]:
        return {key: facts.categories for key, facts in get_catalogue().facts(list(keys.values()), context).items()}

    nothing: dict[str, Sequence[str]] = {}
    known = _ask(asked, nothing) if keys else nothing
    return {pk: known[key] for pk, key in keys.items() if key in known}


def _titles_by_key(keys: Sequence[str], context: Context) -> dict[str, str]:
    return {key: facts.title for key, facts in get_catalogue().facts(keys, context).items()}


def _ask(question: Callable[[], Answer], otherwise: Answer) -> Answer:
    """The shop's answer, or `otherwise` where it raises."""
    try:
        with database.savepoints():
            return question()
    except Exception:
        logger.exception("the catalogue gave no answer, keys stand in for titles")
        return otherwise
