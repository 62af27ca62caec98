"""How the API describes itself: each operation's parameters, shapes, errors and an example, for OpenAPI."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

Method = TypeVar("Method", bound=Callable[..., Any])

MEANINGS = {
    400: "A parameter or a field is unknown, missing or out of range; the answer names it.",
    401: "Nobody is logged in and no key was sent.",
    403: "Whoever asks lacks the permission, or a session sent no CSRF token.",
    404: "The shop does not know the product, or there is no such row.",
    409: "The key was used before for another body, or the row cannot be changed so any more.",
    413: "The body is too large.",
    415: "The body is no JSON.",
    429: "Too many requests; `Retry-After` says when to ask again.",
    503: "The database is busy or away; `Retry-After` says when to ask again.",
}

REFUSED = {"errors": {"limit": ["must be a whole number from 1 to 100, not 0"]}}

ALWAYS = (400, 429, 503)


class PluginSchema(AutoSchema):
    """The framework's schema, but each view says itself to which part of the API it belongs."""

    def get_tags(self) -> list[str]:
        return [getattr(self.view, "part", "lists")]

    def get_operation_id(self) -> str:
        name = getattr(self.view, "operation_name", "") or type(self.view).__name__.removesuffix("View")
        return f"{name}_{self.method.lower()}"


class Errors(serializers.Serializer[Any]):
    """What is wrong, by the name of the parameter or field; `request` and `server` where it is none of them."""

    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField(), min_length=1)
    )


def operation(
    summary: str,
    *,
    answer: Any = None,
    status: int = 200,
    meaning: str = "",
    repeated: Any = None,
    request: Any = None,
    parameters: Sequence[Any] = (),
    errors: Sequence[int] = (),
    sent: Any = None,
    shown: Any = None,
) -> Callable[[Method], Method]:
    """Describe a view's method.

    Parameters
    ----------
    answer, status : the shape of the answer where all is well.
    repeated : the shape of a 200, where what was asked for is there already.
    request : the shape of the body; None: it has none.
    parameters : serializers whose fields are query parameters, or parameters one by one.
    errors : statuses of errors beside those that every operation has.
    sent, shown : an example of the body and of the answer.
    """
    examples = [
        OpenApiExample("body", value=sent, request_only=True) if sent is not None else None,
        OpenApiExample("answer", value=shown, response_only=True, status_codes=[str(status)]) if shown else None,
        OpenApiExample("refused", value=REFUSED, response_only=True, status_codes=["400"]),
    ]
    refusals = sorted({*ALWAYS, *errors, *((413, 415) if request is not None else ())})
    responses = {
        status: OpenApiResponse(answer, description=meaning or summary),
        **({200: OpenApiResponse(repeated, description="It was there already.")} if repeated else {}),
        **{code: OpenApiResponse(Errors, description=MEANINGS[code]) for code in refusals},
    }

    def describe(method: Method) -> Method:
        # The host's own API may be described by another class.
        method.kwargs = {"schema": PluginSchema}  # type: ignore[attr-defined]
        described: Method = extend_schema(
            summary=summary,
            parameters=list(parameters),
            request=request,
            responses=responses,
            examples=[one for one in examples if one is not None],
        )(method)
        return described

    return describe


def in_path(name: str, meaning: str, *, kind: Any = str) -> OpenApiParameter:
    """A part of the address."""
    return OpenApiParameter(name, kind, OpenApiParameter.PATH, description=meaning)
