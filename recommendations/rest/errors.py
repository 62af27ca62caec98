"""The API's one form of an error: `{"errors": {"<field>": ["<what is wrong and what is allowed>"]}}`."""

import logging
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from recommendations.exceptions import (
    ArtefactRefused,
    ConsentRefused,
    InvalidFacts,
    InvalidInput,
    JobEnded,
    KeyConflict,
    UnknownOrder,
    UnknownProduct,
)

BUSY_SECONDS = 5
"""When to ask again a database that is busy or away."""

LONGEST = 300
"""Characters of a message, which may repeat what was sent."""

logger = logging.getLogger(__name__)


ANSWERS: Mapping[type[Exception], tuple[str, str, int]] = {
    UnknownProduct: ("item", "", status.HTTP_404_NOT_FOUND),
    UnknownOrder: ("order_key", "", status.HTTP_404_NOT_FOUND),
    KeyConflict: ("key", "", status.HTTP_409_CONFLICT),
    ConsentRefused: ("consent", "", status.HTTP_403_FORBIDDEN),
    ArtefactRefused: ("artefact", "", status.HTTP_409_CONFLICT),
    JobEnded: ("job", "", status.HTTP_409_CONFLICT),
    InvalidFacts: ("catalogue", "", status.HTTP_500_INTERNAL_SERVER_ERROR),
    RequestDataTooBig: ("body", "", status.HTTP_413_REQUEST_ENTITY_TOO_LARGE),
    RecursionError: ("body", "is nested too deeply", status.HTTP_400_BAD_REQUEST),
    DatabaseError: ("server", "is busy, try again", status.HTTP_503_SERVICE_UNAVAILABLE),
}
"""Of what is raised: the field that is named, the words where the error's own are not for clients, the status."""


def refusal(field: str, message: str, code: int) -> Response:
    """An error answer that names the field."""
    return Response({"errors": {field: [message]}}, status=code)


def refused(exc: Exception) -> Response | None:
    """The answer to what the services raise on purpose, and to what clients and databases do; None for all else."""
    if isinstance(exc, InvalidInput):
        return refusal(exc.field, exc.message, status.HTTP_400_BAD_REQUEST)
    if isinstance(exc, InvalidFacts):
        logger.error("the catalogue's facts cannot be: %s", exc)
    for kind, (field, message, code) in ANSWERS.items():
        if isinstance(exc, kind):
            response = refusal(field, message or str(exc), code)
            if code == status.HTTP_503_SERVICE_UNAVAILABLE:
                response["Retry-After"] = str(BUSY_SECONDS)
            return response
    return None


def spelled_alike(exc: Exception, detail: Any) -> dict[str, Any]:
    """The framework's own errors in our form: by field where they name fields, else of the whole request."""
    if isinstance(exc, ValidationError) and isinstance(detail, Mapping):
        return {"errors": {str(name): _messages(one) for name, one in detail.items()}}
    return {"errors": {"request": _messages(detail)}}


def _messages(detail: Any) -> list[str]:
    if isinstance(detail, Mapping):
        return [text for value in detail.values() for text in _messages(value)]
    if isinstance(detail, list):
        return [text for value in detail for text in _messages(value)]
    # What was sent may hold what no answer can be encoded with.
    return [str(detail).encode("utf-8", "replace").decode()[:LONGEST]]
