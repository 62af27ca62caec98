"""The API's one form of an error: `{"errors": {"<field>": ["<what is wrong and what is allowed>"]}}`."""

import logging
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError
from rest_framework import status
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import APIException
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import APIView, set_rollback

from recommendations.exceptions import InvalidFacts, InvalidInput, KeyConflict, UnknownOrder, UnknownProduct

logger = logging.getLogger(__name__)


def refusal(field: str, message: str, code: int) -> Response:
    """An error answer that names the field."""
    return Response({"errors": {field: [message]}}, status=code)


class PluginView(APIView):
    """Base of the API's views: what the services raise on purpose becomes a 4xx that names the field.

    Under the host's ATOMIC_REQUESTS an error's answer is rolled back, as the framework does for its own errors.
    The host's REST_FRAMEWORK may want a login or a token everywhere, or another spelling: it holds for its own API.
    """

    authentication_classes: Any = (SessionAuthentication,)
    permission_classes: Any = (AllowAny,)
    renderer_classes = (JSONRenderer,)
    parser_classes: Any = (JSONParser, FormParser, MultiPartParser)
    versioning_class = None

    def handle_exception(self, exc: Exception) -> Response:
        response = self._refusal(exc)
        if response is None:
            return self._other(exc)
        set_rollback()
        return response

    def _refusal(self, exc: Exception) -> Response | None:
        match exc:
            case InvalidInput():
                return refusal(exc.field, exc.message, status.HTTP_400_BAD_REQUEST)
            case UnknownProduct():
                return refusal("item", str(exc), status.HTTP_404_NOT_FOUND)
            case UnknownOrder():
                return refusal("order_key", str(exc), status.HTTP_404_NOT_FOUND)
            case KeyConflict():
                return refusal("key", str(exc), status.HTTP_409_CONFLICT)
            case InvalidFacts():
                logger.error("the catalogue's facts cannot be: %s", exc)
                return refusal("catalogue", str(exc), status.HTTP_500_INTERNAL_SERVER_ERROR)
            case RequestDataTooBig():
                return refusal("body", str(exc), status.HTTP_413_REQUEST_ENTITY_TOO_LARGE)
            case RecursionError():
                return refusal("body", "is nested too deeply", status.HTTP_400_BAD_REQUEST)
            case DatabaseError():
                return refusal("server", "is busy, try again", status.HTTP_503_SERVICE_UNAVAILABLE)
        return None

    def _other(self, exc: Exception) -> Response:
        response = super().handle_exception(exc)
        if isinstance(exc, APIException):
            response.data = {"errors": {"request": _messages(response.data)}}
        return response


def _messages(detail: Any) -> list[str]:
    if isinstance(detail, dict):
        return [text for value in detail.values() for text in _messages(value)]
    if isinstance(detail, list):
        return [text for value in detail for text in _messages(value)]
    return [str(detail)]
