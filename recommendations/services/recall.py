"""What was shown under a recommendation id, and why: read off the id itself, for nothing is stored of it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from recommendations.catalogue import Context
from recommendations.exceptions import InvalidInput
from recommendations.models import Item
from recommendations.services import tokens
from recommendations.services.titles import titles


@dataclass(frozen=True, slots=True)
class ShownItem:
    """One entry: the item's key, the title it has now, and what proposed it."""

    item: str
    title: str
    rank: int
    source: str
    propensity: float


@dataclass(frozen=True, slots=True)
class Recalled:
    """A list as it was served."""

    id: uuid.UUID
    placement: str
    served_at: datetime
    versions: Mapping[str, int]
    variant: str
    fallback: bool
    items: tuple[ShownItem, ...]


def recall(token: str, *, shopper: str | None, context: Context, now: datetime) -> Recalled:
    """The list behind a recommendation id, for the shopper that it was made for; one of a stranger's for anybody.

    Ids stand in links, and links are passed on.

    Raises
    ------
    InvalidInput : it is not one of ours, was changed, is older than `TOKEN_DAYS`, or was made for somebody else.
    """
    shown = tokens.read(token, now=now)
    if shown.asker and shown.asker != tokens.asker_of(shopper):
        raise InvalidInput("recommendation", "must be of a list that was made for the asking shopper")
    ids = [item_id for item_id, *_ in shown.items]
    keys = dict(Item.objects.filter(pk__in=ids).values_list("pk", "key"))
    named = titles(ids, context)
    return Recalled(
        id=shown.id,
        placement=shown.placement,
        served_at=shown.at,
        versions=shown.versions,
        variant=shown.variant,
        fallback=shown.fallback,
        items=tuple(
            ShownItem(keys[item_id], named[item_id], rank, source, propensity)
            for item_id, rank, source, propensity in shown.items
            if item_id in keys
        ),
    )
