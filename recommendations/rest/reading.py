"""The reading half of the API: lists for a product, for a cart, for the asking shopper. It writes nothing."""

from typing import Any

from django.utils import timezone
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from recommendations.catalogue import Context, get_catalogue
from recommendations.rest import parameters
from recommendations.rest.answers import as_json
from recommendations.rest.errors import PluginView
from recommendations.services import serve
from recommendations.services.identify import shopper_key


class AlwaysJSON(DefaultContentNegotiation):
    """JSON whatever is asked for: `?format=` is a parameter like any other, and none that is known here."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


class ReadingView(PluginView):
    """Base of the lists' views. Who asks is what session and cookie say, never a parameter.

    No authentication of its own: nothing is changed here, so a POST needs no CSRF token either. A list is made for
    one request (its id must not be shown twice), so no cache may keep it.
    """

    authentication_classes = ()
    parser_classes = (JSONParser,)
    content_negotiation_class = AlwaysJSON

    shopper: str | None
    context: Context

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # Before anything of the framework puts an anonymous user onto the request.
        self.shopper = shopper_key(request._request)
        self.context = get_catalogue().context(request._request)
        super().initial(request, *args, **kwargs)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "private, no-store"
        return response


class RelatedView(ReadingView):
    """GET what is bought together with a product: `?limit=1..100&exclude=KEY,KEY&placement=NAME`."""

    def get(self, request: Request, key: str) -> Response:
        wanted = parameters.from_query(request.query_params)
        answer = serve.related(key, context=self.context, now=timezone.now(), shopper=self.shopper, **wanted)
        return Response(as_json(answer))


class CartView(ReadingView):
    """POST `{"items": [KEY, …], "limit": 1..100, "exclude": [KEY, …], "placement": NAME}`: what completes the cart."""

    def post(self, request: Request) -> Response:
        parameters.refuse_unknown(request.query_params, ())
        items, wanted = parameters.from_body(request.data)
        answer = serve.cart(items, context=self.context, now=timezone.now(), shopper=self.shopper, **wanted)
        return Response(as_json(answer))


class ForYouView(ReadingView):
    """GET what suits the asking shopper: `?limit=1..100&exclude=KEY,KEY&placement=NAME`."""

    def get(self, request: Request) -> Response:
        wanted = parameters.from_query(request.query_params)
        answer = serve.for_you(self.shopper, context=self.context, now=timezone.now(), **wanted)
        return Response(as_json(answer))
