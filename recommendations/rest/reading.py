"""The reading half of the API: lists for a product, for a cart, for the asking shopper. It writes nothing."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from recommendations.catalogue import Context, get_catalogue
from recommendations.rest import examples, parameters, shapes
from recommendations.rest.answers import as_json
from recommendations.rest.base import PluginView
from recommendations.rest.described import in_path, operation
from recommendations.services import serve
from recommendations.services.identify import shopper_key
from recommendations.services.rank import rank
from recommendations.services.recall import recall
from recommendations.services.serve import Recommendation

WANTED = (
    OpenApiParameter(
        "limit", {"type": "integer", "minimum": 1, "maximum": 100}, description="instead of the placement's"
    ),
    OpenApiParameter(
        "placement", {"type": "string", "minLength": 1, "maxLength": 50}, description="a placement's name"
    ),
    OpenApiParameter("exclude", str, many=True, description="product keys to leave out; repeated, or with commas"),
)
KEY = in_path("key", "a product key; one with slashes is written as it is")


class ReadingView(PluginView):
    """Base of the lists' views. Who asks is what session and cookie say, never a parameter.

    No authentication of its own: nothing is changed here, so a POST needs no CSRF token either. A list is made for
    one request (its id must not be shown twice), so no cache may keep it.
    """

    authentication_classes = ()
    parser_classes = (JSONParser,)
    rate = "READ_RATE"

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


INTENTS: Mapping[str, Callable[..., Recommendation]] = {
    "complement": serve.related,
    "substitute": serve.substitutes,
    "similar": serve.similar,
    "viewed": serve.viewed_together,
}
INTENT = OpenApiParameter(
    "intent",
    {"type": "string", "enum": list(INTENTS), "default": "complement"},
    description="bought with it, bought instead of it, like it, or viewed by those who view it",
)
CATEGORY = OpenApiParameter(
    "category", {"type": "string", "minLength": 1, "maxLength": 200}, description="of this category alone"
)


class RelatedView(ReadingView):
    """What goes with a product; a placement's row decides the strategy where one is named."""

    @operation(
        "Related products",
        answer=shapes.SuggestionList,
        parameters=(KEY, INTENT, *WANTED),
        errors=(404,),
        shown=examples.LIST,
    )
    def get(self, request: Request, key: str) -> Response:
        wanted = parameters.from_query(request.query_params, "intent")
        suggest = INTENTS[parameters.one_of(request.query_params, "intent", INTENTS)]
        answer = suggest(key, context=self.context, now=timezone.now(), shopper=self.shopper, **wanted)
        return Response(as_json(answer))


class CartView(ReadingView):
    """What completes a cart. Products in it that the shop does not know are passed over."""

    @operation(
        "Complete the cart",
        answer=shapes.SuggestionList,
        request=shapes.Cart,
        sent={"items": ["bread", "butter"], "limit": 4},
        shown=examples.LIST,
    )
    def post(self, request: Request) -> Response:
        parameters.refuse_unknown(request.query_params, ())
        items, wanted = parameters.from_body(request.data)
        answer = serve.cart(items, context=self.context, now=timezone.now(), shopper=self.shopper, **wanted)
        return Response(as_json(answer))


class MineView(ReadingView):
    """Base of the lists for the asking shopper; best sellers for a stranger, and for one who refused."""

    suggest: ClassVar[Callable[..., Recommendation]]

    @operation("For the asking shopper", answer=shapes.SuggestionList, parameters=WANTED, shown=examples.LIST)
    def get(self, request: Request) -> Response:
        wanted = parameters.from_query(request.query_params)
        return Response(as_json(self.suggest(self.shopper, context=self.context, now=timezone.now(), **wanted)))


class ForYouView(MineView):
    """What suits the asking shopper, bought before or not."""

    suggest = staticmethod(serve.for_you)


class BuyAgainView(MineView):
    """What the asking shopper bought before, what is likely to be wanted next first."""

    suggest = staticmethod(serve.buy_again)


class NewForYouView(MineView):
    """What suits the asking shopper of all that they never bought."""

    suggest = staticmethod(serve.new_for_you)


class BecauseViewedView(MineView):
    """What goes with what the asking shopper looked at lately."""

    suggest = staticmethod(serve.because_viewed)


class RecentlyViewedView(MineView):
    """What the asking shopper looked at, the latest first, and nothing else."""

    suggest = staticmethod(serve.recently_viewed)


class WholeShopView(ReadingView):
    """Base of the lists that are about the whole shop, or one category of it."""

    suggest: ClassVar[Callable[..., Recommendation]]

    @operation("Of the whole shop", answer=shapes.SuggestionList, parameters=(CATEGORY, *WANTED), shown=examples.LIST)
    def get(self, request: Request) -> Response:
        wanted = parameters.from_query(request.query_params, "category")
        category = request.query_params.get("category")
        answer = self.suggest(
            context=self.context, now=timezone.now(), shopper=self.shopper, category=category, **wanted
        )
        return Response(as_json(answer))


class PopularView(WholeShopView):
    """What sold best in the last weeks."""

    suggest = staticmethod(serve.best_sellers)


class TrendingView(WholeShopView):
    """What sells more this week than it usually does."""

    suggest = staticmethod(serve.trending)


class OffersView(WholeShopView):
    """What has an offer that runs now, what suits the asking shopper first."""

    suggest = staticmethod(serve.offers)


class RankView(ReadingView):
    """The given products in the order that suits the asking shopper; every one comes back exactly once."""

    @operation(
        "Rank given products",
        answer=shapes.RankedList,
        request=shapes.ToRank,
        sent={"items": ["tea", "cup"]},
        shown=examples.RANKED,
    )
    def post(self, request: Request) -> Response:
        parameters.refuse_unknown(request.query_params, ())
        items = parameters.keys_from_body(request.data)
        ranked = rank(items, shopper=self.shopper, now=timezone.now())
        return Response(shapes.RankedList(ranked).data)


class RecommendationView(ReadingView):
    """What was shown under a recommendation id, and what proposed each item."""

    @operation(
        "What was shown",
        answer=shapes.ShownList,
        parameters=(in_path("token", "a recommendation_id that this shop gave out in the last TOKEN_DAYS"),),
        shown=examples.SHOWN,
    )
    def get(self, request: Request, token: str) -> Response:
        parameters.refuse_unknown(request.query_params, ())
        return Response(shapes.ShownList(recall(token, context=self.context, now=timezone.now())).data)
