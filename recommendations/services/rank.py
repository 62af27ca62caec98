"""Put given products in order for a shopper: by the live network, then by what sells, then as they were given."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from recommendations.catalogue import get_catalogue
from recommendations.data.candidates import Source
from recommendations.data.orders import require_key
from recommendations.exceptions import InvalidInput
from recommendations.models import Item
from recommendations.models.database import on_replica
from recommendations.selectors import serving
from recommendations.services.opinion import Question
from recommendations.services.personal import liking

MOST_RANKED = 1_000


@dataclass(frozen=True, slots=True)
class Placed:
    """One of the given products. `score` and `source` are None where nothing is known of it; `rank` from 1."""

    item: str
    rank: int
    score: float | None
    source: Source | None


@dataclass(frozen=True, slots=True)
class Ranked:
    """Every given product once. `fallback`: nothing is known of the shopper, so best sellers come first."""

    fallback: bool
    items: tuple[Placed, ...]


def rank(product_keys: Sequence[str], *, shopper: str | None, now: datetime) -> Ranked:
    """Every given product exactly once, best first; ties and what nobody knows stay in the order given.

    A variant is judged as the item that it is counted as. Nothing is filtered: what is shown is the caller's choice.

    Parameters
    ----------
    product_keys : 0 to 1,000; one given twice counts once, where it stood first.
    shopper : key of the asking shopper; None, or one who refused: best sellers first.

    Raises
    ------
    InvalidInput : a key is none, or there are more than 1,000.
    """
    if len(product_keys) > MOST_RANKED:
        raise InvalidInput("items", f"at most {MOST_RANKED} at once, not {len(product_keys)}")
    for key in product_keys:
        require_key("items", key)
    given = list(dict.fromkeys(product_keys))
    identities = get_catalogue().identify(given)
    item_keys = [identities[key].item_key if key in identities else key for key in given]
    ids = dict(on_replica(Item.objects.filter(key__in=set(item_keys))).values_list("key", "pk"))
    personal = _personal(sorted(ids.values()), shopper, now)
    sold = serving.orders_of(sorted(ids.values()))
    judged = [_judge(ids.get(key), personal, sold) for key in item_keys]
    order = sorted(range(len(given)), key=lambda place: judged[place][0])
    return Ranked(
        fallback=not personal,
        items=tuple(
            Placed(given[place], number, judged[place][1], judged[place][2])
            for number, place in enumerate(order, start=1)
        ),
    )


def _personal(item_ids: Sequence[int], shopper: str | None, now: datetime) -> dict[int, float]:
    """The network's score of each of these items that it knows; none after a refusal or of a stranger."""
    asked = np.array(item_ids, dtype=np.int64)
    liked = liking(Question(shopper, (), now, len(asked)), asked)
    if liked is None:
        return {}
    return {item: score for item, score in zip(item_ids, liked[1].tolist(), strict=True) if np.isfinite(score)}


def _judge(
    item_id: int | None, personal: dict[int, float], sold: dict[int, int]
) -> tuple[tuple[int, float], float | None, Source | None]:
    """What to sort by (the tier, then the score falling), the score, and who gave it."""
    if item_id in personal:
        return (0, -personal[item_id]), personal[item_id], Source.NETWORK
    if item_id in sold:
        return (1, -sold[item_id]), float(sold[item_id]), Source.POPULAR
    return (2, 0.0), None, None
