"""What all views of the API share: JSON, errors that name the field, rates; and who may ask what."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rest_framework.authentication import SessionAuthentication
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import APIView, set_rollback

from recommendations.rest.described import PluginSchema
from recommendations.rest.errors import refused, spelled_alike
from recommendations.rest.rates import Rate


class AlwaysJSON(DefaultContentNegotiation):
    """JSON whatever is asked for: `?format=` is a parameter like any other, and none that is known here."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


class PluginView(APIView):
    """Base of the API's views: what the services raise on purpose becomes a 4xx that names the field.

    Under the host's ATOMIC_REQUESTS an error's answer is rolled back, as the framework does for its own errors.
    The host's REST_FRAMEWORK may want a login or a token everywhere, or another spelling: it holds for its own API.
    """

    authentication_classes: Any = (SessionAuthentication,)
    permission_classes: Any = (AllowAny,)
    throttle_classes: Any = (Rate,)
    renderer_classes: Any = (JSONRenderer,)
    parser_classes: Any = (JSONParser, FormParser, MultiPartParser)
    content_negotiation_class: Any = AlwaysJSON
    versioning_class = None
    schema: Any = PluginSchema()

    rate: ClassVar[str] = "WRITE_RATE"
    """The setting that bounds how often one client may ask."""

    def handle_exception(self, exc: Exception) -> Response:
        response = refused(exc)
        if response is not None:
            set_rollback()
            return response
        response = super().handle_exception(exc)
        response.data = spelled_alike(exc, response.data)
        return response


class MayAsk(BasePermission):
    """The permissions that the view's `rights` names for the method; nobody has one until the shop grants it."""

    def has_permission(self, request: Request, view: Any) -> bool:
        wanted = [f"recommendations.{name}" for name in view.rights.get(request.method, ())]
        return bool(wanted and request.user and request.user.has_perms(wanted))


class TrustedView(PluginView):
    """Base of the views for staff and servers, who prove who they are in the host's own way.

    A server's key belongs to a user of its own, and that user's permissions are what the key may do.
    """

    authentication_classes = api_settings.DEFAULT_AUTHENTICATION_CLASSES
    permission_classes = (MayAsk,)
    parser_classes = (JSONParser,)
    rate = "TRUSTED_RATE"

    rights: ClassVar[Mapping[str, Sequence[str]]] = {}

    @property
    def user_id(self) -> int:
        """Who asks, for the log."""
        user: Any = self.request.user
        return int(user.pk)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "private, no-store"
        return response
