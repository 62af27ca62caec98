"""What a shopper does of their own: ratings, the merge with the visitor an account was before, and going for good."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from rest_framework import status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from recommendations.data.orders import require_key
from recommendations.exceptions import InvalidInput, UnknownProduct
from recommendations.models import Rating, database
from recommendations.rest import examples, shapes
from recommendations.rest.base import PluginView
from recommendations.rest.described import in_path, operation
from recommendations.rest.pages import Page, asked_of, page, page_of
from recommendations.rest.parameters import refuse_unknown
from recommendations.services import record
from recommendations.services.erase import erase
from recommendations.services.identify import forget_visitor, own_key, visitor_key
from recommendations.services.merge import merge


class AccountView(PluginView):
    """Base of the views for whoever is logged in: a visitor of a cookie has no stars to give."""

    permission_classes = (IsAuthenticated,)
    part = "shopper"

    @property
    def account(self) -> str:
        """The shopper's key."""
        return f"user:{self.request.user.pk}"

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "private, no-store"
        return response


class RatingsView(AccountView):
    """The stars that the asking account gave."""

    @operation(
        "One's ratings",
        answer=page_of(shapes.RatingRow),
        parameters=(Page,),
        errors=(403,),
        shown=examples.page_with(examples.RATING),
    )
    def get(self, request: Request) -> Response:
        rows = Rating.objects.filter(shopper__key=self.account).select_related("item")
        found, following = page(rows, by="rated_at", asked=asked_of(Page, request), among=rows)
        results = [{"item": row.item.key, "stars": row.stars, "rated_at": row.rated_at} for row in found]
        return Response({"results": results, "next": following})

    @operation(
        "Rate a product",
        answer=shapes.Recorded,
        status=201,
        repeated=shapes.Recorded,
        request=shapes.Stars,
        errors=(403, 404),
        sent={"item": "bread", "stars": 5},
        shown={"id": 7, "created": True},
    )
    def post(self, request: Request) -> Response:
        if not isinstance(request.data, Mapping):
            raise InvalidInput("body", "must be an object")
        refuse_unknown(request.data, ("item", "stars"))
        require_key("item", request.data.get("item"))
        rated = record.rating(
            shopper=self.account,
            product=request.data["item"],
            stars=request.data.get("stars", 0),
            at=timezone.now(),
        )
        code = status.HTTP_201_CREATED if rated.created else status.HTTP_200_OK
        return Response({"id": rated.id, "created": rated.created}, status=code)


class RatingView(AccountView):
    """The stars that the asking account gave one product."""

    @operation(
        "Take a rating back",
        status=204,
        parameters=(in_path("key", "the product's key"),),
        errors=(403, 404),
    )
    def delete(self, request: Request, key: str) -> Response:
        if not record.unrate(shopper=self.account, product=key):
            raise UnknownProduct(f"there is no rating of {key!r}")
        return Response(status=status.HTTP_204_NO_CONTENT)


class MergeView(AccountView):
    """What the visitor of this device's cookie did becomes the account's. A login does it by itself."""

    @operation("Merge the visitor into the account", answer=shapes.Merged, errors=(403,), shown={"merged": True})
    def post(self, request: Request) -> Response:
        visitor = visitor_key(request)
        if visitor is not None:
            with database.atomic():
                merge(visitor=visitor, account=self.account, user_id=request.user.pk)
        return Response({"merged": visitor is not None})


class MeView(PluginView):
    """All that is kept of the asking shopper: the account with every visitor it was, or the visitor of the cookie."""

    part = "shopper"

    @operation("Erase oneself", status=204, errors=(403,))
    def delete(self, request: Request) -> Response:
        """204 whether or not anything was known of them; it cannot be undone. The visitor's cookie goes too."""
        key = own_key(request)
        if key is not None:
            erase(key, now=timezone.now())
        response = Response(status=status.HTTP_204_NO_CONTENT)
        response["Cache-Control"] = "private, no-store"
        forget_visitor(response)
        return response
