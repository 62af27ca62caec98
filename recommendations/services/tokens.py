"""Recommendation ids: a list that was served, as a signed, compressed, URL-safe text. Nothing is stored for it."""

import uuid
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core import signing
from django.utils.crypto import salted_hmac

from recommendations.conf import settings
from recommendations.exceptions import InvalidInput

SALT = "recommendations.recommendation"
LONGEST = 8_192
COLUMNS = 4
"""Values of an item: what follows them is not in the ids of earlier versions."""
CLOCKS_DIFFER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Shown:
    """A list as it was served.

    `items` holds (item id, rank from 1, source, propensity in (0, 1]) of each item, `versions` what made the
    list: artefact ids by kind, the generation of the counts and its sequence. `strategy` is the placement's at that
    moment, empty in ids of earlier versions. `asker` is `asker_of` the shopper that
    it was made for.
    """

    id: uuid.UUID
    placement: str
    at: datetime
    versions: Mapping[str, int] = field(default_factory=dict)
    variant: str = ""
    fallback: bool = False
    asker: str = ""
    strategy: str = ""
    items: tuple[tuple[int, int, str, float], ...] = ()


def sign(shown: Shown) -> str:
    """The recommendation id of this list, to the second; `read` gives the list back."""
    columns = [list(column) for column in zip(*shown.items, strict=True)] or [[], [], [], []]
    body = [
        shown.id.hex,
        shown.placement,
        int(shown.at.timestamp()),
        dict(shown.versions),
        shown.variant,
        int(shown.fallback),
        shown.asker,
        *columns,
        shown.strategy,
    ]
    return signing.Signer(salt=SALT).sign_object(body, compress=True)


def asker_of(shopper: str | None) -> str:
    """A keyed digest that tells a shopper's own lists without naming them; empty for a stranger."""
    return "" if shopper is None else salted_hmac(SALT, shopper, algorithm="sha256").hexdigest()[:16]


def read(token: str, *, now: datetime) -> Shown:
    """The list behind a recommendation id.

    Raises
    ------
    InvalidInput : it is not one of ours, was changed, or was served more than `TOKEN_DAYS` before `now`.
    """
    shown = _decode(token)
    if not now - timedelta(days=settings.TOKEN_DAYS) <= shown.at <= now + CLOCKS_DIFFER:
        raise InvalidInput(
            "recommendation", f"must have been served in the last {settings.TOKEN_DAYS} days, not {shown.at}"
        )
    return shown


def _decode(token: Any) -> Shown:
    # Only ASCII is ours; anything else would already fail inside the signer, with errors of other kinds.
    if not isinstance(token, str) or not token.isascii() or len(token) > LONGEST:
        raise InvalidInput("recommendation", "must be a recommendation_id that this shop gave out")
    try:
        body = signing.Signer(salt=SALT).unsign_object(token)
        hexed, placement, at, versions, variant, fallback, asker, *rest = body
        columns, strategy = rest[:COLUMNS], rest[COLUMNS:]
        return Shown(
            id=uuid.UUID(hexed),
            placement=placement,
            at=datetime.fromtimestamp(at, tz=UTC),
            versions=versions,
            variant=variant,
            fallback=bool(fallback),
            asker=str(asker),
            strategy=str(strategy[0]) if strategy else "",
            items=tuple(zip(*columns, strict=True)),
        )
    except (signing.BadSignature, ValueError, TypeError, zlib.error):
        raise InvalidInput("recommendation", "must be a recommendation_id that this shop gave out") from None
