"""Pages of large tables: from a row on, at most a hundred, and nothing is ever counted."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.request import Request

from recommendations.exceptions import InvalidInput
from recommendations.rest.parameters import refuse_unknown

HIGHEST_ID = 2**63 - 1


class Page(serializers.Serializer[Any]):
    """Query parameters of a list: where it goes on, and how long it is. Lists with filters derive from it."""

    after = serializers.IntegerField(
        min_value=1, max_value=HIGHEST_ID, required=False, help_text="`next` of the page before"
    )
    limit = serializers.IntegerField(min_value=1, max_value=100, required=False, default=50)


def asked_of(
    shape: type[serializers.Serializer[Any]], request: Request, *, beside: Sequence[str] = ()
) -> dict[str, Any]:
    """The query parameters as `shape` reads them; those named in `beside` are for the caller to read.

    Raises
    ------
    InvalidInput : one is unknown or given twice.
    ValidationError : one is out of range.
    """
    given = request.query_params
    refuse_unknown(given, (*shape().fields, *beside))
    for name in given:
        if name not in beside and len(given.getlist(name)) > 1:
            raise InvalidInput(name, "must be given once")
    asked = shape(data=given.dict())
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)


def checked(shape: type[serializers.Serializer[Any]], request: Request, *, partial: bool = False) -> dict[str, Any]:
    """The body as `shape` reads it; `partial`: whatever fields it has.

    Raises
    ------
    InvalidInput : it is no object, or has an unknown field.
    ValidationError : a field is missing or out of range.
    """
    if not isinstance(request.data, dict):
        raise InvalidInput("body", "must be a JSON object")
    body = shape(data=request.data, partial=partial)
    refuse_unknown(request.data, tuple(name for name, field in body.fields.items() if not field.read_only))
    body.is_valid(raise_exception=True)
    if not body.validated_data:
        raise InvalidInput("body", f"must have one of {', '.join(body.fields)}")
    return dict(body.validated_data)


def page(
    rows: QuerySet[Any], *, by: str, asked: dict[str, Any], among: QuerySet[Any] | None = None
) -> tuple[Sequence[Any], int | None]:
    """The rows of a page, largest `by` first and newest of those first, and where the next page begins; None: nowhere.

    Parameters
    ----------
    among : rows that `after` may name; None: any of the table, since a row may have left the filter by now.

    Raises
    ------
    InvalidInput : `after` names no such row. By "id" it need not be there any more.
    """
    if "after" in asked and by == "id":
        rows = rows.filter(pk__lt=asked["after"])
    elif "after" in asked:
        known = rows.model._default_manager.all() if among is None else among
        last = known.filter(pk=asked["after"]).values_list(by, flat=True)[:1]
        if not last:
            raise InvalidInput("after", f"must be `next` of the page before, not {asked['after']}")
        rows = rows.filter(Q(**{f"{by}__lt": last[0]}) | Q(**{by: last[0]}, pk__lt=asked["after"]))
    found = list(rows.order_by(f"-{by}", "-pk")[: asked["limit"] + 1])
    more = len(found) > asked["limit"]
    found = found[: asked["limit"]]
    return found, found[-1].pk if more else None


def page_of(shape: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    """The shape of a page of such rows."""
    return inline_serializer(
        f"{shape.__name__.removesuffix('Row')}Page",
        {"results": shape(many=True), "next": serializers.IntegerField(allow_null=True)},
    )
