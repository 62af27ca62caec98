"""What the shop's catalogue says of the plugin's items, as arrays for training."""

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from recommendations.catalogue import Context, Facts, get_catalogue
from recommendations.data.traits import MAX_NAME, Described, Ids, Image, ImageEncoder, Traits
from recommendations.models import Item

logger = logging.getLogger(__name__)

DAY = 86_400.0
KEYS_AT_ONCE = 500
"""Product keys looked up in one statement: SQLite takes no more than 999 parameters on old systems."""


def all_traits(item_ids: Ids, *, context: Context | None = None, encode_image: ImageEncoder | None = None) -> Traits:
    """Traits of these items, from the catalogue's stream, a query for each `KEYS_AT_ONCE` of its facts.

    Never an error of the shop's: what a stream gave before it broke is used, and the rest is missing. Prices in another
    currency than most are missing too, for numbers of several currencies say nothing beside each other.

    Parameters
    ----------
    item_ids : int64[n], in any order.
    encode_image : facts of one item to the vector of its picture, or None.
    """
    wanted = set(item_ids.tolist())
    described: dict[int, Described] = {}
    currencies: dict[int, str] = {}
    for batch in _batches(context or Context()):
        ids = dict(Item.objects.filter(key__in=[facts.key for facts in batch]).values_list("key", "id"))
        for facts in batch:
            item = ids.get(facts.key)
            if item is not None and item in wanted and item not in described:
                described[item] = _described(facts, _image(facts, encode_image))
                currencies[item] = facts.currency if facts.price is not None else ""
    priced = Counter(currency for item, currency in currencies.items() if described[item].price is not None)
    if len(priced) > 1:
        usual = priced.most_common(1)[0][0]
        strange = [item for item, currency in currencies.items() if currency != usual]
        described |= {item: replace(described[item], price=None) for item in strange}
        logger.warning("prices in other currencies than %s are left out: %s", usual, dict(priced))
    return Traits.of(item_ids, described)


def first_categories(item_ids: Ids) -> dict[int, str]:
    """The first category that the catalogue's stream names of each of these items, as the shop writes it.

    Items without one are left out, and all that a stream does not come to. A query for each `KEYS_AT_ONCE` facts.

    Parameters
    ----------
    item_ids : int64[n], in any order.
    """
    wanted = set(item_ids.tolist())
    found: dict[int, str] = {}
    for batch in _batches(Context()):
        named = {facts.key: str(facts.categories[0])[:MAX_NAME] for facts in batch if facts.categories}
        rows = Item.objects.filter(key__in=list(named)).values_list("id", "key")
        found.update((item, named[key]) for item, key in rows if item in wanted)
    return found


def _batches(context: Context) -> Iterator[list[Facts]]:
    batch: list[Facts] = []
    try:
        for facts in get_catalogue().stream(context):
            if not isinstance(facts, Facts):
                raise TypeError(f"a stream gives Facts, not {type(facts).__name__}")
            batch.append(facts)
            if len(batch) == KEYS_AT_ONCE:
                yield batch
                batch = []
    except Exception:
        logger.exception("the catalogue's stream failed: items that it had not named are without traits")
    if batch:
        yield batch


def _described(facts: Facts, image: Image | None) -> Described:
    return Described(
        price=facts.price,
        categories=facts.categories,
        brand=facts.brand,
        text=" ".join(str(part) for part in (facts.title, *facts.attributes.values(), facts.text) if part),
        launched_day=facts.launched_at.timestamp() / DAY if facts.launched_at else None,
        image=image,
    )


def _image(facts: Facts, encode_image: ImageEncoder | None) -> Image | None:
    if encode_image is None:
        return None
    try:
        return encode_image(facts)
    except Exception:
        logger.exception("IMAGE_ENCODER failed for product %s, which has no image vector now", facts.key)
        return None
