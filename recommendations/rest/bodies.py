"""What a JSON body says, as values; each refusal names its field."""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import QueryDict
from django.utils.dateparse import parse_datetime

from recommendations.conf import settings
from recommendations.data.orders import PlacedLine, PlacedOrder, ReturnedLine
from recommendations.exceptions import InvalidInput


def list_of_events(data: Any) -> list[Any]:
    """Events from a JSON list, an object's `events`, or a form's `events` field.

    Raises
    ------
    InvalidInput : no list, or more than `EVENTS_PER_REQUEST` events.
    """
    given = data
    if isinstance(data, QueryDict):
        try:
            given = json.loads(str(data.get("events", "")))
        except (ValueError, RecursionError):
            raise InvalidInput("events", "must be a JSON list") from None
    elif isinstance(data, Mapping):
        given = data.get("events")
    if not isinstance(given, list):
        raise InvalidInput("events", "must be a list")
    if len(given) > settings.EVENTS_PER_REQUEST:
        raise InvalidInput("events", f"at most {settings.EVENTS_PER_REQUEST} at once, not {len(given)}")
    return given


def placed_order(body: Mapping[str, Any]) -> PlacedOrder:
    """An order from a JSON object; prices are strings or numbers, never rounded to floats in between."""
    return PlacedOrder(
        key=_required(body, "key"),
        lines=tuple(_placed_line(number, line) for number, line in enumerate(_list(body, "lines"))),
        placed_at=moment(body, "placed_at"),
        currency=str(_required(body, "currency")),
        shopper=body.get("shopper"),
        channel=body.get("channel", "web"),
    )


def returned_lines(body: Mapping[str, Any]) -> tuple[ReturnedLine, ...] | None:
    """The lines of a refund; None where the body has none, which means the whole order."""
    if body.get("lines") is None:
        return None
    return tuple(
        ReturnedLine(_line_field(number, line, "product"), _line_field(number, line, "quantity"))
        for number, line in enumerate(_list(body, "lines"))
    )


def moment(body: Mapping[str, Any], field: str) -> datetime:
    """A time with a time zone, from ISO 8601."""
    value = body.get(field)
    try:
        parsed = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        parsed = None
    if parsed is None or parsed.tzinfo is None:
        raise InvalidInput(field, "must be an ISO 8601 time with a time zone, such as 2026-01-31T12:00:00Z")
    return parsed


def _placed_line(number: int, line: Any) -> PlacedLine:
    price = _line_field(number, line, "unit_price")
    if isinstance(price, bool) or not isinstance(price, str | int | float):
        raise InvalidInput("unit_price", f"of line {number} must be a decimal, not {price!r:.40}")
    try:
        amount = Decimal(str(price))
    except InvalidOperation:
        raise InvalidInput("unit_price", f"of line {number} must be a decimal, not {price!r:.40}") from None
    return PlacedLine(_line_field(number, line, "product"), _line_field(number, line, "quantity"), amount)


def _line_field(number: int, line: Any, field: str) -> Any:
    if not isinstance(line, Mapping):
        raise InvalidInput("lines", f"line {number} must be an object")
    if line.get(field) is None:
        raise InvalidInput(field, f"is missing in line {number}")
    return line[field]


def _list(body: Mapping[str, Any], field: str) -> list[Any]:
    value = body.get(field)
    if not isinstance(value, list):
        raise InvalidInput(field, "must be a list")
    return value


def _required(body: Mapping[str, Any], field: str) -> Any:
    if body.get(field) is None:
        raise InvalidInput(field, "is missing")
    return body[field]
