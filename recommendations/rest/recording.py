"""The writing half of the API: events of the asking shopper, orders from a trusted server, consent."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from recommendations.exceptions import InvalidInput
from recommendations.models import Consent, database
from recommendations.rest import bodies, shapes
from recommendations.rest.base import PluginView, TrustedView
from recommendations.rest.described import operation
from recommendations.services import record
from recommendations.services.identify import ensure_shopper_key, set_consent

EVENT = {
    "event_id": "2f1c1e9e-8b5f-4a52-9c7e-0d8f4ad8f4a1",
    "kind": "view",
    "item": "bread",
    "at": "2026-03-01T12:00:00Z",
    "dwell_seconds": 12.5,
}
ORDER = {
    "key": "2026-1001",
    "placed_at": "2026-03-01T12:00:00Z",
    "currency": "EUR",
    "shopper": "user:42",
    "lines": [{"product": "bread", "quantity": 2, "unit_price": "1.50"}],
}


class EventsView(PluginView):
    """What the asking shopper did and saw: a list, `{"events": [...]}`, or a form whose field `events` is that list.

    The shopper comes from the session or the visitor's cookie, never from the body. The answer has a status for
    each event. The form is for `navigator.sendBeacon`, which cannot set the header that CSRF protection wants.
    """

    part = "recording"

    @operation(
        "Record events",
        answer=shapes.EventOutcomes,
        request=shapes.Events,
        errors=(403,),
        sent={"events": [EVENT]},
        shown={"events": [{"event_id": EVENT["event_id"], "status": "recorded"}]},
    )
    def post(self, request: Request) -> Response:
        given = bodies.list_of_events(request.data)
        response = Response()
        shopper = ensure_shopper_key(request, response)
        with database.atomic():
            outcomes = _record_events(given, shopper)
        response.data = {"events": [_as_json(outcome) for outcome in outcomes]}
        return response


class OrdersView(TrustedView):
    """An order, or a change of one, from a server with the permission `recommendations.add_order`.

    - `{"key", "placed_at", "currency", "shopper", "channel", "lines": [{"product", "quantity", "unit_price"}]}`
    - `{"change": "cancel", "order_key", "key", "at"}`
    - `{"change": "refund", "order_key", "key", "at", "lines": [{"product", "quantity"}] or nothing for all}`
    - `{"change": "return", "shopper", "key", "at", "product", "quantity"}`, which names no order

    201 where the call made a row, 200 where it was there already, 409 where the key was used for another body.
    """

    part = "recording"
    rights = {"POST": ["add_order"]}

    @operation(
        "Record an order or a change",
        answer=shapes.Recorded,
        status=201,
        repeated=shapes.Recorded,
        request=shapes.OrderOrChange,
        errors=(401, 403, 404, 409),
        sent=ORDER,
        shown={"id": 7, "created": True},
    )
    def post(self, request: Request) -> Response:
        if not isinstance(request.data, Mapping):
            raise InvalidInput("body", "must be an object")
        with database.atomic():
            recorded = _record_order(request.data)
        answer = {"id": recorded.id, "created": recorded.created}
        if isinstance(recorded, record.Returned):
            answer["matched"] = recorded.matched
        return Response(answer, status=status.HTTP_201_CREATED if recorded.created else status.HTTP_200_OK)


class ConsentView(PluginView):
    """What the asking shopper decided about their data; it holds from the next request on."""

    part = "shopper"

    @operation(
        "Decide about one's data",
        answer=shapes.ConsentState,
        request=shapes.ConsentState,
        errors=(403,),
        sent={"consent": "refused"},
        shown={"consent": "refused"},
    )
    def put(self, request: Request) -> Response:
        state = request.data.get("consent") if isinstance(request.data, Mapping) else None
        if state not in (Consent.GRANTED, Consent.REFUSED):
            raise InvalidInput("consent", "must be granted or refused")
        response = Response({"consent": state})
        set_consent(shopper_key=ensure_shopper_key(request, response), state=state, now=timezone.now())
        return response


def _record_events(given: list[Any], shopper: str) -> list[record.Outcome]:
    """Impressions and browse events in two calls, their outcomes in the order given."""
    now = timezone.now()
    outcomes: dict[int, record.Outcome] = {}
    browse: dict[int, record.BrowseEvent] = {}
    shown: dict[int, str] = {}
    for number, one in enumerate(given):
        if not isinstance(one, Mapping):
            outcomes[number] = record.Outcome("", "invalid", "events: each event is an object")
        elif one.get("kind") == "impression":
            shown[number] = str(one.get("recommendation", ""))
        else:
            try:
                browse[number] = record.BrowseEvent.parse(one)
            except InvalidInput as error:
                outcomes[number] = record.Outcome(str(one.get("event_id", ""))[:80], "invalid", str(error))
    if shown:
        outcomes.update(zip(shown, record.impressions(list(shown.values()), shopper=shopper, now=now), strict=True))
    if browse:
        outcomes.update(zip(browse, record.events(list(browse.values()), shopper=shopper, now=now), strict=True))
    return [outcomes[number] for number in range(len(given))]


def _record_order(body: Mapping[str, Any]) -> record.Recorded | record.Returned:
    change = body.get("change")
    channel = body.get("channel", "web")
    match change:
        case None:
            return record.order(bodies.placed_order(body))
        case "cancel":
            return record.cancel(
                order_key=body.get("order_key", ""),
                key=body.get("key", ""),
                at=bodies.moment(body, "at"),
                channel=channel,
            )
        case "refund":
            return record.refund(
                order_key=body.get("order_key", ""),
                key=body.get("key", ""),
                at=bodies.moment(body, "at"),
                lines=bodies.returned_lines(body),
                channel=channel,
            )
        case "return":
            return record.returned(
                key=body.get("key", ""),
                shopper=body.get("shopper"),
                product=body.get("product", ""),
                quantity=body.get("quantity", 0),
                at=bodies.moment(body, "at"),
                channel=channel,
            )
    raise InvalidInput("change", f"must be cancel, refund or return, not {change!r:.40}")


def _as_json(outcome: record.Outcome) -> dict[str, str]:
    answer = {"event_id": outcome.event_id, "status": outcome.status}
    return {**answer, "message": outcome.message} if outcome.message else answer
