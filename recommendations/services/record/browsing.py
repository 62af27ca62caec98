"""Record what shoppers do: browse events, lists that were on screen, ratings. Nothing after a refusal."""

import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from recommendations.catalogue import Context, get_catalogue
from recommendations.data.orders import clamped, require_key, require_moment
from recommendations.exceptions import ConsentRefused, InvalidInput, UnknownProduct
from recommendations.models import BrowseLog, EventKind, Impression, Item, Rating, database
from recommendations.models.sql import insert
from recommendations.selectors.known import known
from recommendations.services import changed_days, tokens
from recommendations.services.identify import may_record
from recommendations.services.record.placing import Recorded
from recommendations.services.record.rows import digest, ensure_items, ensure_shoppers

LONGEST_DWELL = 86_400.0


@dataclass(frozen=True, slots=True)
class BrowseEvent:
    """One browse event; `item` is a product key (None for a search alone), `recommendation` a signed id."""

    event_id: uuid.UUID
    kind: EventKind
    at: datetime
    item: str | None = None
    dwell_seconds: float | None = None
    session: str = ""
    query: str = ""
    channel: str = "web"
    recommendation: str | None = None

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> "BrowseEvent":
        """Read an event off a JSON object.

        Raises
        ------
        InvalidInput : a field is missing or out of range; the error names it.
        """
        kind = given.get("kind")
        if kind not in EventKind.values:
            raise InvalidInput("kind", f"must be one of {', '.join(EventKind.values)}, impression; not {kind!r:.40}")
        item = given.get("item")
        if item is not None or kind != EventKind.SEARCH:
            require_key("item", item)
        return cls(
            event_id=_uuid(given.get("event_id")),
            kind=EventKind(kind),
            at=_moment(given.get("at")),
            item=item,
            dwell_seconds=_dwell(given.get("dwell_seconds")),
            session=_text(given, "session", 64),
            query=_text(given, "query", 200),
            channel=_text(given, "channel", 50) or "web",
            recommendation=_text(given, "recommendation", 8_192) or None,
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one event: `status` is recorded, duplicate, conflict, refused (consent) or invalid."""

    event_id: str
    status: str
    message: str = ""


@database.joining
def events(given: Sequence[BrowseEvent], *, shopper: str, now: datetime) -> list[Outcome]:
    """Record browse events of one shopper with a constant number of queries.

    A time that cannot be (a device's clock is wrong) becomes `now`. An event whose item the catalogue does not know,
    or whose recommendation is not one of ours with that item in it, is invalid; the others are recorded.
    """
    item_keys = _item_keys([event.item for event in given if event.item is not None])
    found = known(items=item_keys.values(), shoppers=[shopper])
    if not may_record(found.consents.get(shopper)):
        return [Outcome(str(event.event_id), "refused", "the shopper refused") for event in given]
    unknown = _unknown(set(item_keys.values()) - found.items.keys())
    ready: dict[uuid.UUID, tuple[BrowseEvent, tokens.Shown | None, str]] = {}
    outcomes: list[Outcome | None] = []
    for event in given:
        if found.is_gone(shopper, event.at):
            outcomes.append(Outcome(str(event.event_id), "refused", "the shopper was erased since"))
            continue
        try:
            if event.item is not None and item_keys[event.item] in unknown:
                raise InvalidInput("item", f"the shop has no product {event.item!r:.80}")
            item_id = found.items.get(item_keys[event.item]) if event.item is not None else None
            shown = _shown(event, item_id, now)
        except InvalidInput as error:
            outcomes.append(Outcome(str(event.event_id), "invalid", str(error)))
            continue
        repeated = event.event_id in ready
        ready.setdefault(event.event_id, (event, shown, _digest(event, shopper)))
        outcomes.append(Outcome(str(event.event_id), "duplicate") if repeated else None)
    items = ensure_items({item_keys[event.item] for event, _, _ in ready.values() if event.item is not None}, found)
    shopper_id = ensure_shoppers([shopper] if ready else [], found).get(shopper, 0)
    made = _insert(ready, items, item_keys, shopper_id, now)
    changed_days.note_events(
        [(event.kind, event.at) for event, _, _ in ready.values() if event.event_id in made], now=now
    )
    earlier = _earlier(ready.keys() - made)
    return [
        outcome or _settle(event.event_id, ready[event.event_id][2], made, earlier)
        for event, outcome in zip(given, outcomes, strict=True)
    ]


@database.joining
def impressions(given: Sequence[str], *, shopper: str | None, now: datetime) -> list[Outcome]:
    """Record that lists were on screen, by their signed ids. Reporting one twice changes nothing."""
    found = known(shoppers=[shopper] if shopper else [])
    if shopper is not None and not may_record(found.consents.get(shopper)):
        return [Outcome("", "refused", "the shopper refused") for _ in given]
    shown: dict[uuid.UUID, tokens.Shown] = {}
    outcomes: list[Outcome | uuid.UUID] = []
    for token in given:
        try:
            one = tokens.read(token, now=now)
        except InvalidInput as error:
            outcomes.append(Outcome("", "invalid", str(error)))
            continue
        if found.is_gone(shopper, one.at):
            outcomes.append(Outcome("", "refused", "the shopper was erased since"))
            continue
        shown[one.id] = one
        outcomes.append(one.id)
    shopper_id = ensure_shoppers([shopper], found)[shopper] if shopper and shown else None
    rows = [
        (
            one.id,
            one.placement,
            one.strategy,
            shopper_id,
            one.variant,
            one.versions,
            list(one.items),
            one.fallback,
            one.at,
            now,
        )
        for one in shown.values()
    ]
    fields = [
        "recommendation",
        "placement",
        "strategy",
        "shopper",
        "variant",
        "versions",
        "items",
        "fallback",
        "served_at",
        "shown_at",
    ]
    made = {
        uuid.UUID(str(row[0]))
        for row in insert(Impression, fields, rows, unique=["recommendation"], returning=["recommendation"])
    }
    return [
        one if isinstance(one, Outcome) else Outcome(str(one), "recorded" if one in made else "duplicate")
        for one in outcomes
    ]


@database.joining
def rating(*, shopper: str, product: str, stars: int, at: datetime) -> Recorded:
    """Record a shopper's stars (1..5) for a product; a later rating replaces the earlier one.

    Raises
    ------
    InvalidInput : stars out of range.
    UnknownProduct : the shop has no such product.
    ConsentRefused : nothing of this shopper may be stored.
    """
    if not isinstance(stars, int) or isinstance(stars, bool) or not 1 <= stars <= 5:
        raise InvalidInput("stars", f"must be a whole number from 1 to 5, not {stars!r:.40}")
    require_moment("at", at)
    require_key("product", product)
    item_keys = _item_keys([product])
    found = known(items=item_keys.values(), shoppers=[shopper])
    if not may_record(found.consents.get(shopper)):
        raise ConsentRefused("the shopper refused")
    if _unknown(set(item_keys.values()) - found.items.keys()):
        raise UnknownProduct(f"product: the shop has no product {product!r}")
    item_id = ensure_items(item_keys.values(), found)[item_keys[product]]
    shopper_id = ensure_shoppers([shopper], found)[shopper]
    row, created = Rating.objects.update_or_create(
        shopper_id=shopper_id, item_id=item_id, defaults={"stars": stars, "rated_at": at}
    )
    return Recorded(row.pk, created=created)


@database.joining
def ensure_product(product: str) -> Item:
    """The row of the item that a product is counted as, made where it is missing.

    Raises
    ------
    InvalidInput : the key is none.
    UnknownProduct : the shop has no such product.
    """
    require_key("item", product)
    (item_key,) = _item_keys([product]).values()
    found = known(items=[item_key])
    if _unknown({item_key} - found.items.keys()):
        raise UnknownProduct(f"the shop has no product {product!r}")
    ensure_items([item_key], found)
    return Item.objects.get(key=item_key)


@database.joining
def unrate(*, shopper: str, product: str) -> bool:
    """Forget a shopper's stars for a product; returns whether there were any. It asks for no consent.

    Raises
    ------
    InvalidInput : the key is none.
    """
    require_key("product", product)
    found = known(items=_item_keys([product]).values(), shoppers=[shopper])
    rated = Rating.objects.filter(shopper__in=found.shoppers.values(), item__in=found.items.values())
    return rated.delete()[0] > 0


def _shown(event: BrowseEvent, item_id: int | None, now: datetime) -> tokens.Shown | None:
    """The list that an event came from; a click must be on an item that the list showed."""
    if event.recommendation is None:
        if event.kind == EventKind.CLICK:
            raise InvalidInput("recommendation", "is missing: a click comes from a list")
        return None
    shown = tokens.read(event.recommendation, now=now)
    if event.kind == EventKind.CLICK and item_id not in {item[0] for item in shown.items}:
        raise InvalidInput("recommendation", f"did not show {event.item!r:.80}")
    return shown


def _item_keys(products: Sequence[str]) -> dict[str, str]:
    identities = get_catalogue().identify(sorted(set(products)))
    return {key: identities[key].item_key if key in identities else key for key in products}


def _unknown(item_keys: set[str]) -> set[str]:
    """Items without a row that the catalogue does not know either: nobody can fill our tables with made-up keys."""
    return item_keys - get_catalogue().facts(sorted(item_keys), Context()).keys() if item_keys else set()


def _digest(event: BrowseEvent, shopper: str) -> str:
    return digest([shopper, event.kind.value, event.item, event.at.timestamp(), event.dwell_seconds, event.query])


def _insert(
    ready: Mapping[uuid.UUID, tuple[BrowseEvent, tokens.Shown | None, str]],
    items: Mapping[str, int],
    item_keys: Mapping[str, str],
    shopper_id: int,
    now: datetime,
) -> set[uuid.UUID]:
    rows = [
        (
            event.event_id,
            shopper_id,
            event.session,
            items[item_keys[event.item]] if event.item is not None else None,
            event.kind.value,
            *_received(event.at, now),
            event.dwell_seconds,
            event.query,
            event.channel,
            *_origin(shown, items[item_keys[event.item]] if event.item is not None else None),
            body,
        )
        for event, shown, body in ready.values()
    ]
    fields = ["event_id", "shopper", "session", "item", "kind", "at", "clamped"]
    fields += ["dwell_seconds", "query", "channel"]
    fields += ["recommendation", "placement", "strategy", "source", "body_digest"]
    made = insert(BrowseLog, fields, rows, unique=["event_id"], returning=["event_id"])
    return {uuid.UUID(str(row[0])) for row in made}


def _origin(shown: tokens.Shown | None, item_id: int | None) -> tuple[uuid.UUID | None, str, str, str]:
    """The list that an event came from: its id, placement and strategy, and what proposed the item."""
    if shown is None:
        return None, "", "", ""
    source = next((entry[2] for entry in shown.items if entry[0] == item_id), "")
    return shown.id, shown.placement, shown.strategy, source


def _received(at: datetime, now: datetime) -> tuple[datetime, bool]:
    """A device's time, or the time of arrival where it cannot be, and whether it could not."""
    impossible = clamped(at, now=now)[1]
    return (now if impossible else min(at, now)), impossible


def _earlier(event_ids: set[uuid.UUID]) -> Mapping[uuid.UUID, str]:
    if not event_ids:
        return {}
    return dict(BrowseLog.objects.filter(event_id__in=event_ids).values_list("event_id", "body_digest"))


def _settle(event_id: uuid.UUID, body: str, made: set[uuid.UUID], earlier: Mapping[uuid.UUID, str]) -> Outcome:
    if event_id in made:
        return Outcome(str(event_id), "recorded")
    if earlier.get(event_id) == body:
        return Outcome(str(event_id), "duplicate")
    return Outcome(str(event_id), "conflict", "event_id was used before for another event")


def _uuid(value: Any) -> uuid.UUID:
    try:
        return uuid.UUID(str(value))
    except ValueError:
        raise InvalidInput("event_id", f"must be a UUID, not {value!r:.80}") from None


def _moment(value: Any) -> datetime:
    if isinstance(value, str):
        try:
            value = parse_datetime(value)
        except ValueError:
            value = None
    if not isinstance(value, datetime):
        raise InvalidInput("at", "must be an ISO 8601 time such as 2026-01-31T12:00:00Z")
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _dwell(value: Any) -> float | None:
    if value is None:
        return None
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    if not fits or not math.isfinite(value) or not 0 <= value <= LONGEST_DWELL:
        raise InvalidInput("dwell_seconds", f"must be a number from 0 to {LONGEST_DWELL:.0f}, not {value!r:.40}")
    return float(value)


def _text(given: Mapping[str, Any], field: str, longest: int) -> str:
    value = given.get(field)
    if value is None or value == "":
        return ""
    require_key(field, value, longest=longest)
    return str(value)
