"""Titles of items, for lists that staff read: one query and one question to the shop, however many items."""

from collections.abc import Iterable, Mapping

from recommendations.catalogue import Context, get_catalogue
from recommendations.models import Item

MOST_FOUND = 50


def titles(item_ids: Iterable[int], context: Context) -> Mapping[int, str]:
    """Title of each item by id; the product key stands in where the shop does not know the product."""
    keys = dict(Item.objects.filter(pk__in=set(item_ids)).values_list("pk", "key"))
    facts = get_catalogue().facts(list(keys.values()), context) if keys else {}
    return {pk: facts[key].title if key in facts else key for pk, key in keys.items()}


def find_items(words: str) -> list[int]:
    """Ids of items with this very key, or with a title that the shop finds by these words; at most 51."""
    found = [facts.key for facts in get_catalogue().search(words, MOST_FOUND)]
    return list(Item.objects.filter(key__in=[words, *found]).values_list("pk", flat=True))
