"""What the shop says of items, for lists that staff read: one query and one question to it, however many items.

Staff must reach their rows when the shop's catalogue is out of order: keys then stand in for titles.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from recommendations.catalogue import Context, Facts, get_catalogue
from recommendations.exceptions import InvalidFacts
from recommendations.models import Item, database
from recommendations.services.spelling import find_spelt

logger = logging.getLogger(__name__)

MOST_FOUND = 50

Answer = TypeVar("Answer")


def context_of(request: Any) -> Context:
    """For whom the shop is asked; the default one where it cannot tell."""
    return _ask(lambda: get_catalogue().context(request), Context())


def titles(item_ids: Iterable[int], context: Context) -> Mapping[int, str]:
    """Title of each item by id; the product key stands in where the shop does not know the product."""
    return {pk: facts.title for pk, facts in facts_of(item_ids, context).items()}


def facts_of(item_ids: Iterable[int], context: Context) -> Mapping[int, Facts]:
    """What the shop says of each item now, by id.

    One that it does not know is told by its key alone and is not visible; all are told by their keys where the shop
    gives no answer.
    """
    keys = dict(Item.objects.filter(pk__in=set(item_ids)).values_list("pk", "key"))
    known = _ask(lambda: _known(list(keys.values()), context), None) if keys else {}
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


def _known(keys: Sequence[str], context: Context) -> dict[str, Facts] | None:
    told = get_catalogue().facts(keys, context)
    if any(not isinstance(facts, Facts) for facts in told.values()):
        raise InvalidFacts("facts() of the catalogue must return a dict of Facts by key")
    return dict(told)


def _ask(question: Callable[[], Answer], otherwise: Answer) -> Answer:
    """The shop's answer, or `otherwise` where it raises."""
    try:
        with database.savepoints():
            return question()
    except Exception:
        logger.exception("the catalogue gave no answer, keys stand in for titles")
        return otherwise
