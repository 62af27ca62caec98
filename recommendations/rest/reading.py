"""The reading half of the API: lists for a product, for a cart, for the asking shopper. It writes nothing."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import PermissionDenied
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from recommendations.catalogue import Context, get_catalogue
from recommendations.exceptions import InvalidInput
from recommendations.models import Strategy
from recommendations.rest import examples, parameters, shapes
from recommendations.rest.answers import as_json
from recommendations.rest.base import PluginView
from recommendations.rest.described import in_path, operation
from recommendations.services import serve
from recommendations.services.identify import shopper_key
from recommendations.services.rank import rank
from recommendations.services.recall import recall

WANTED = (
    OpenApiParameter(
        "limit", {"type": "integer", "minimum": 1, "maximum": 100}, description="instead of the placement's"
    ),
    OpenApiParameter(
        "placement", {"type": "string", "minLength": 1, "maxLength": 50}, description="a placement's name"
    ),
    OpenApiParameter(
        "category",
        {"type": "string", "minLength": 1, "maxLength": 200},
        description="items of this category alone; where none is suggested, its best sellers",
    ),
    OpenApiParameter(
        "diversity", {"type": "number", "minimum": 0, "maximum": 1}, description="instead of the placement's"
    ),
    OpenApiParameter(
        "explain", bool, description="with `considered`: every candidate, for staff with the permission view_rule"
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
    user: Any

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # Before anything of the framework puts an anonymous user onto the request.
        self.shopper = shopper_key(request._request)
        self.context = get_catalogue().context(request._request)
        self.user = getattr(request._request, "user", None)
        super().initial(request, *args, **kwargs)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "private, no-store"
        return response

    def lists(self, asked: Sequence[serve.Request], *, distinct: bool = True) -> list[dict[str, Any]]:
        """The lists as the API spells them.

        Raises
        ------
        PermissionDenied : one is to be explained, to somebody who may not see rules.
        """
        explained = any(one.explained for one in asked)
        if explained and not (self.user and self.user.has_perm("recommendations.view_rule")):
            raise PermissionDenied("explain is for staff with the permission recommendations.view_rule")
        made = serve.batch(asked, context=self.context, now=timezone.now(), shopper=self.shopper, distinct=distinct)
        return [as_json(answer, explained=one.explained) for one, answer in zip(asked, made, strict=True)]

    def list_of(self, strategy: Strategy, *, wanted: parameters.Wanted, named: str = "item", **asked: Any) -> Response:
        """The one list that is asked for; `named` is what the request calls its products."""
        try:
            (made,) = self.lists([serve.Request(strategy=strategy.value, **asked, **wanted)])
        except InvalidInput as error:
            raise InvalidInput(named, error.message) if error.field == "products" else error from None
        return Response(made)


INTENTS = {
    "complement": Strategy.RELATED,
    "substitute": Strategy.SUBSTITUTES,
    "similar": Strategy.SIMILAR,
    "viewed": Strategy.VIEWED_TOGETHER,
}
INTENT = OpenApiParameter(
    "intent",
    {"type": "string", "enum": list(INTENTS), "default": "complement"},
    description="bought with it, bought instead of it, like it, or viewed by those who view it",
)


class RelatedView(ReadingView):
    """What goes with a product; a placement's row decides the strategy where one is named."""

    @operation(
        "Related products",
        answer=shapes.SuggestionList,
        parameters=(KEY, INTENT, *WANTED),
        errors=(403, 404),
        shown=examples.LIST,
    )
    def get(self, request: Request, key: str) -> Response:
        wanted = parameters.from_query(request.query_params, "intent")
        strategy = INTENTS[parameters.one_of(request.query_params, "intent", INTENTS)]
        return self.list_of(strategy, products=[key], wanted=wanted)


class CartView(ReadingView):
    """What completes a cart. Products in it that the shop does not know are passed over."""

    @operation(
        "Complete the cart",
        answer=shapes.SuggestionList,
        request=shapes.Cart,
        errors=(403,),
        sent={"items": ["bread", "butter"], "limit": 4},
        shown=examples.LIST,
    )
    def post(self, request: Request) -> Response:
        parameters.refuse_unknown(request.query_params, ())
        items, wanted = parameters.from_body(request.data)
        return self.list_of(Strategy.CART, products=items, wanted=wanted, named="items")


class MineView(ReadingView):
    """Base of the lists for the asking shopper; best sellers for a stranger, and for one who refused."""

    strategy: ClassVar[Strategy]

    @operation(
        "For the asking shopper", answer=shapes.SuggestionList, parameters=WANTED, errors=(403,), shown=examples.LIST
    )
    def get(self, request: Request) -> Response:
        wanted = parameters.from_query(request.query_params)
        return self.list_of(self.strategy, wanted=wanted)


class ForYouView(MineView):
    """What suits the asking shopper, bought before or not."""

    strategy = Strategy.FOR_YOU


class BuyAgainView(MineView):
    """What the asking shopper bought before, what is likely to be wanted next first."""

    strategy = Strategy.BUY_AGAIN


class NewForYouView(MineView):
    """What suits the asking shopper of all that they never bought."""

    strategy = Strategy.NEW_FOR_YOU


class BecauseViewedView(MineView):
    """What goes with what the asking shopper looked at lately."""

    strategy = Strategy.BECAUSE_VIEWED


class RecentlyViewedView(MineView):
    """What the asking shopper looked at, the latest first, and nothing else."""

    strategy = Strategy.RECENTLY_VIEWED


class WholeShopView(ReadingView):
    """Base of the lists that are about the whole shop, or one category of it."""

    strategy: ClassVar[Strategy]

    @operation(
        "Of the whole shop",
        answer=shapes.SuggestionList,
        parameters=WANTED,
        errors=(403,),
        shown=examples.LIST,
    )
    def get(self, request: Request) -> Response:
        return self.list_of(self.strategy, wanted=parameters.from_query(request.query_params))


class PopularView(WholeShopView):
    """What sold best in the last weeks."""

    strategy = Strategy.BEST_SELLERS


class TrendingView(WholeShopView):
    """What sells more this week than it usually does."""

    strategy = Strategy.TRENDING


class NewView(WholeShopView):
    """What is new in the shop; which items stand where is drawn anew for each list."""

    strategy = Strategy.NEW_ARRIVALS


class OffersView(WholeShopView):
    """What has an offer that runs now, what suits the asking shopper first."""

    strategy = Strategy.OFFERS


class BatchView(ReadingView):
    """Several lists of one page by one request; an item stands in the first list alone that may show it."""

    @operation(
        "Several lists at once",
        answer=shapes.Lists,
        request=shapes.Batch,
        errors=(403, 404),
        sent={"lists": [{"strategy": "related", "products": ["bread"], "limit": 4}, {"strategy": "for_you"}]},
        shown={"lists": [examples.LIST]},
    )
    def post(self, request: Request) -> Response:
        parameters.refuse_unknown(request.query_params, ())
        asked, distinct = parameters.from_batch(request.data)
        return Response({"lists": self.lists(asked, distinct=distinct)})


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
        return Response(
            shapes.ShownList(recall(token, shopper=self.shopper, context=self.context, now=timezone.now())).data
        )
