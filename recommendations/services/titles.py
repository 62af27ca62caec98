"""What staff read of items, titles above all: one query and one question to the shop, however many items.

Staff must reach their rows when the shop's catalogue is out of order: keys then stand in for titles.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from recommendations.catalogue import Context, Facts, get_catalogue
from recommendations.models import Item, database
from recommendations.services.spelling import find_spelt

logger = logging.getLogger(__name__)

MOST_FOUND = 50

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Shown:
    """An item: its key, its title, or the key where the shop does not know the product, and facts where it does."""

    key: str
    title: str
    facts: Facts | None


def context_of(request: Any) -> Context:
    """For whom the shop is asked; the default one where it cannot tell."""
    return _ask(lambda: get_catalogue().context(request), Context())


def titles(item_ids: Iterable[int], context: Context) -> Mapping[int, str]:
    """Title of each item by id; the product key stands in where the shop does not know the product."""
    return {pk: one.title for pk, one in shown(item_ids, context).items()}


def shown(item_ids: Iterable[int], context: Context) -> Mapping[int, Shown]:
    """Each item by id, with what the shop says of it now."""
    keys = dict(Item.objects.filter(pk__in=set(item_ids)).values_list("pk", "key"))
    known = facts_by_key(list(keys.values()), context)
    return {pk: Shown(key, str(known[key].title) if key in known else key, known.get(key)) for pk, key in keys.items()}


def facts_by_key(keys: Sequence[str], context: Context) -> Mapping[str, Facts]:
    """Facts of the items that the shop knows; none where it raises, or where an answer is no facts."""
    nothing: dict[str, Facts] = {}
    return _ask(lambda: _facts_by_key(keys, context), nothing) if keys else nothing


def told_of(item_ids: Iterable[int], context: Context) -> Mapping[int, Facts]:
    """What staff are told of each item, by id.

    One that the shop does not know is told by its key alone and is not visible; all are told by their keys where the
    shop gives no answer.
    """
    keys = dict(Item.objects.filter(pk__in=set(item_ids)).values_list("pk", "key"))
    known = _ask(lambda: _facts_by_key(list(keys.values()), context), None) if keys else {}
    if known is None:
        return {pk: Facts(key=key, title=key, url="") for pk, key in keys.items()}
    return {pk: known.get(key) or Facts(key=key, title=key, url="", visible=False) for pk, key in keys.items()}


def find_items(words: str) -> list[int]:
    """Ids of items with this very key, with a title that the shop finds by these words, or that is typed so in pinyin.

    At most 101.
    """
    nothing: list[str] = []
    found = _ask(lambda: [facts.key for facts in get_catalogue().search(words, MOST_FOUND)], nothing)
    named = list(Item.objects.filter(key__in=[words, *found]).values_list("pk", flat=True))
    return list(dict.fromkeys([*named, *find_spelt(words, MOST_FOUND)]))


def facts_of(item_ids: Iterable[int], context: Context) -> Mapping[int, Facts]:
    """What the shop says of each item by id; those that it does not know are left out."""
    found = shown(item_ids, context).items()
    return {pk: one.facts for pk, one in found if one.facts is not None}


def find_products(words: str, context: Context) -> Mapping[str, str]:
    """Titles by key of the product with this very key, first, and of what the shop finds by these words; at most 51."""
    nothing: list[tuple[str, str]] = []
    found = _ask(lambda: [(one.key, str(one.title)) for one in get_catalogue().search(words, MOST_FOUND)], nothing)
    return {key: str(facts.title) for key, facts in facts_by_key([words], context).items()} | dict(found)


def titles_of(keys: Iterable[str], context: Context) -> dict[str, str]:
    """Title of each product by key; the key stands in where the shop does not know it."""
    wanted = list(dict.fromkeys(keys))
    known = facts_by_key(wanted, context)
    return {key: known[key].title if key in known else key for key in wanted}


def categories_of(item_ids: Iterable[int], context: Context) -> Mapping[int, Sequence[str]]:
    """Keys of the categories of each item by id, as the shop has them; none where it does not know the product."""
    return {pk: facts.categories for pk, facts in facts_of(item_ids, context).items()}


def _facts_by_key(keys: Sequence[str], context: Context) -> dict[str, Facts]:
    found = dict(get_catalogue().facts(keys, context).items())
    if not all(isinstance(facts, Facts) for facts in found.values()):
        raise TypeError("facts() of the catalogue must return Facts by key")
    return found


def _ask(question: Callable[[], Answer], otherwise: Answer) -> Answer:
    """The shop's answer, or `otherwise` where it raises."""
    try:
        with database.savepoints():
            return question()
    except Exception:
        logger.exception("the catalogue gave no answer, keys stand in for titles")
        return otherwise
