"""A placement's list as staff look at it: its cards, what staff's wishes did, what was left out and why."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext

from recommendations.admin.list_words import REMOVALS, SOURCES
from recommendations.admin.product_cell import stock_words
from recommendations.catalogue import Context
from recommendations.exceptions import RecommendationsError
from recommendations.models import Pin, PinKind, Placement, database
from recommendations.services.considering import Considered
from recommendations.services.identify import consent_of, may_record
from recommendations.services.opinions import OF_ONE_PRODUCT
from recommendations.services.preview import preview
from recommendations.services.prices import price_text
from recommendations.services.serve import Recommendation, Suggestion
from recommendations.services.titles import titles

logger = logging.getLogger(__name__)

MOST_LEFT_OUT = 100
MOST_WISHES = 100


@dataclass(frozen=True, slots=True)
class Card:
    """A product of the list. `moved` says how its place differs from that in the list beside, empty without one."""

    rank: int
    key: str
    title: str
    url: str
    image: str
    price: str
    stock: str
    reasons: tuple[str, ...]
    source: Any
    score: str
    mark: str
    moved: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A list as a page shows it; `problem` says why there is none, `is_refused` that the shopper did
    not agree to anything personal."""

    name: str
    problem: str = ""
    is_fallback: bool = False
    is_refused: bool = False
    cards: tuple[Card, ...] = ()
    wishes: tuple[tuple[str, ...], ...] = ()
    left_out: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """What the second list has that the first has not, and the other way round; how many stand elsewhere."""

    came: tuple[str, ...]
    went: tuple[str, ...]
    moved: int


def shown(
    placement: Placement, *, name: str, asked: Mapping[str, Any], now: datetime, drawn_by: UUID | None = None
) -> Shown:
    """The placement's list for what `AskingForm.asked` gives."""
    if placement.strategy in OF_ONE_PRODUCT and len(asked["products"]) != 1:
        return Shown(name, gettext("Name one product: this list is about what goes with it."))
    try:
        with database.savepoints():
            answer = preview(placement, now=now, drawn_by=drawn_by, **asked)
    except RecommendationsError as error:
        return Shown(name, gettext("The list cannot be made: %(why)s") % {"why": error})
    except Exception:
        logger.exception("the preview of %s has no list", placement)
        return Shown(name, gettext("The shop's catalogue is out of order, so there is no list."))
    boosted = {one.item for one in answer.considered if one.raw != one.score}
    return Shown(
        name,
        is_fallback=answer.fallback,
        is_refused=asked["shopper"] is not None and not may_record(consent_of(asked["shopper"])),
        cards=tuple(_card(one, boosted, now) for one in answer.items),
        wishes=_wishes(placement, answer, asked["context"], now),
        left_out=_left_out(answer.considered),
    )


def compared(first: Shown, second: Shown) -> tuple[Shown, Difference]:
    """The second list with how each product moved, and what came and went."""
    before = {card.key: card for card in first.cards}
    after = {card.key for card in second.cards}
    cards = tuple(_moved(card, before.get(card.key)) for card in second.cards)
    moved = sum(card.key in before and before[card.key].rank != card.rank for card in cards)
    came = tuple(card.title for card in cards if card.key not in before)
    went = tuple(card.title for card in first.cards if card.key not in after)
    return replace(second, cards=cards), Difference(came, went, moved)


def _card(suggestion: Suggestion, boosted: set[str], now: datetime) -> Card:
    facts = suggestion.facts
    return Card(
        rank=suggestion.rank,
        key=facts.key,
        title=suggestion.title,
        url=suggestion.url,
        image=facts.image,
        price="" if suggestion.price is None else price_text(suggestion.price, suggestion.currency),
        stock=stock_words(facts),
        reasons=tuple(reason.text for reason in suggestion.reasons),
        source=SOURCES.get(suggestion.source, suggestion.source),
        score=_score(suggestion.score),
        mark=gettext("boosted") if facts.key in boosted else "",
    )


def _moved(card: Card, before: Card | None) -> Card:
    if before is None:
        words = gettext("new here")
    elif before.rank == card.rank:
        words = gettext("same place")
    else:
        places = before.rank - card.rank
        words = f"▲ +{places}" if places > 0 else f"▼ −{-places}"  # noqa: RUF001 (a true minus)
    return replace(card, moved=words)


def _left_out(considered: Sequence[Considered]) -> tuple[tuple[str, ...], ...]:
    """Title, who proposed it, score and why it is not shown; the best first."""
    hidden = [one for one in considered if one.rank is None][:MOST_LEFT_OUT]
    return tuple(
        (
            one.title or one.item,
            str(SOURCES.get(one.source, one.source)) if one.proposed else "-",
            _score(one.score),
            _why(one),
        )
        for one in hidden
    )


def _why(one: Considered) -> str:
    if one.removed is not None:
        return str(REMOVALS.get(one.removed, one.removed))
    return gettext("no room: others score higher") if one.proposed else gettext("the strategy does not propose it")


def _wishes(
    placement: Placement, answer: Recommendation, context: Context, now: datetime
) -> tuple[tuple[str, ...], ...]:
    """What staff pin, boost, hide and promote here: product, kind, dates, and what it does in this list."""
    pins = list(Pin.objects.filter(placement=placement).select_related("item").order_by("position", "id")[:MOST_WISHES])
    ranks = {one.facts.key: one.rank for one in answer.items}
    considered = {one.item: one for one in answer.considered}
    known = titles((pin.item_id for pin in pins), context)
    return tuple(
        (
            known[pin.item_id],
            pin.get_kind_display(),
            _dates(pin),
            _effect(pin, ranks.get(pin.item.key), considered.get(pin.item.key), now),
        )
        for pin in pins
    )


def _effect(pin: Pin, rank: int | None, one: Considered | None, now: datetime) -> str:
    if pin.starts_at is not None and now < pin.starts_at:
        return gettext("has not begun")
    if pin.ends_at is not None and now >= pin.ends_at:
        return gettext("is over")
    if pin.kind == PinKind.HIDE:
        return gettext("is not shown")
    if rank is not None:
        return gettext("stands at place %(rank)d") % {"rank": rank}
    return gettext("is not shown: %(why)s") % {"why": _why(one) if one is not None else gettext("nobody proposes it")}


def _dates(pin: Pin) -> str:
    ends = [date_format(localtime(at), "SHORT_DATETIME_FORMAT") if at else "…" for at in (pin.starts_at, pin.ends_at)]
    return " – ".join(ends) if pin.starts_at or pin.ends_at else gettext("always")  # noqa: RUF001 (a true dash)


def _score(score: float) -> str:
    return f"{score:.3g}"
