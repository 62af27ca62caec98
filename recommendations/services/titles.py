"""Titles of items, for lists that staff read: one query and one question to the shop, however many items.

Staff must reach their rows when the shop's catalogue is out of order: keys then stand in for titles.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from recommendations.catalogue import Context, Facts, get_catalogue
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


def facts_of(item_ids: Iterable[int], context: Context) -> Mapping[int, Facts]:
    """What the shop says of each item by id; those that it does not know are left out."""
    keys = dict(Item.objects.filter(pk__in=set(item_ids)).values_list("pk", "key"))
    nothing: dict[str, Facts] = {}
    known = _ask(lambda: dict(get_catalogue().facts(list(keys.values()), context)), nothing) if keys else nothing
    return {pk: known[key] for pk, key in keys.items() if key in known}


def search_products(words: str, *, most: int) -> Sequence[Facts]:
    """What the shop finds by a key or by words of a title, best first."""
    nothing: Sequence[Facts] = ()
    return _ask(lambda: list(get_catalogue().search(words, most))[:most], nothing)


def find_product(words: str, context: Context) -> str | None:
    """The product of this very key, else the best that the shop finds by these words; None where it finds none."""
    nothing: Mapping[str, Facts] = {}
    if words in _ask(lambda: get_catalogue().facts([words], context), nothing):
        return words
    return next((facts.key for facts in search_products(words, most=1)), None)


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
