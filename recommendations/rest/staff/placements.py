"""Placements, what staff pin, boost or hide in them, and what a placement would show."""

from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.validators import UniqueValidator

from recommendations.data.orders import require_shopper_key
from recommendations.exceptions import InvalidInput
from recommendations.models import BoughtBefore, Fallback, Pin, PinKind, Placement, Strategy
from recommendations.models.placements import UNBLENDED
from recommendations.rest import examples, shapes
from recommendations.rest.answers import as_json
from recommendations.rest.base import TrustedView
from recommendations.rest.conditional import SeldomChangedView
from recommendations.rest.described import in_path, operation
from recommendations.rest.fields import Moment, Named, Number
from recommendations.rest.pages import HIGHEST_ID, Page, asked_of, checked, page, page_of
from recommendations.rest.parameters import keys, refuse_unknown
from recommendations.services import curate
from recommendations.services.preview import preview
from recommendations.services.record.browsing import ensure_product
from recommendations.services.titles import context_of

SLUG = in_path("slug", "a placement's name")
PIN_ID = in_path("pin_id", "a pin's id", kind=int)


class BlendSource(serializers.Serializer[Any]):
    strategy = serializers.ChoiceField(choices=[name for name in Strategy.values if name not in UNBLENDED])
    weight = Number(min_value=0.001, max_value=1)


class PlacementRow(serializers.Serializer[Any]):
    slug = serializers.SlugField(max_length=50, validators=[UniqueValidator(Placement.objects.all())])
    title = serializers.CharField(max_length=100, allow_blank=True, required=False, default="")
    strategy = serializers.ChoiceField(choices=Strategy.values)
    limit = serializers.IntegerField(min_value=1, max_value=100, required=False, default=8)
    fallbacks = serializers.ListField(
        child=serializers.ChoiceField(choices=Fallback.values),
        max_length=len(Fallback),
        required=False,
        default=lambda: list(Fallback.values),
        help_text="asked in this order where the strategy has nothing",
    )
    in_stock_only = serializers.BooleanField(required=False, default=True)
    bought_before = serializers.ChoiceField(
        choices=BoughtBefore.values, required=False, default=BoughtBefore.IF_REPEATED.value
    )
    sources = serializers.ListField(
        child=BlendSource(), required=False, default=list, max_length=len(Strategy), help_text="of a blend"
    )
    diversity = Number(min_value=0, max_value=1, required=False, default=0.0)
    per_category = serializers.IntegerField(
        min_value=1, max_value=100, required=False, allow_null=True, default=None, help_text="most of a category"
    )
    per_brand = serializers.IntegerField(
        min_value=1, max_value=100, required=False, allow_null=True, default=None, help_text="most of a brand"
    )
    price_band = Number(
        min_value=1,
        max_value=1_000,
        required=False,
        allow_null=True,
        default=None,
        help_text="most times that a suggestion costs more or less than the product asked about",
    )
    promoted_share = Number(min_value=0, max_value=1, required=False, default=0.0)
    explore = Number(
        min_value=0, max_value=0.5, required=False, default=0.0, help_text="share of the places that try new items"
    )


class PlacementChange(PlacementRow):
    slug = serializers.SlugField(read_only=True)


class PinChange(serializers.Serializer[Any]):
    position = serializers.IntegerField(
        min_value=1, max_value=100, required=False, allow_null=True, default=None, help_text="of a pin, from 1"
    )
    factor = Number(min_value=0.001, max_value=1_000, required=False, default=1.0, help_text="of a boost")
    starts_at = Moment(required=False, allow_null=True, default=None)
    ends_at = Moment(required=False, allow_null=True, default=None)


class PinRow(PinChange):
    id = serializers.IntegerField(read_only=True)
    placement = Named(slug_field="slug", queryset=Placement.objects.all())
    item = serializers.CharField(max_length=200, source="item.key", help_text="key of a product")
    kind = serializers.ChoiceField(choices=PinKind.values)


class PinFilters(Page):
    placement = serializers.SlugField(max_length=50, required=False)
    kind = serializers.ChoiceField(choices=PinKind.values, required=False)


class Asked(serializers.Serializer[Any]):
    limit = serializers.IntegerField(min_value=1, max_value=100, required=False)
    category = serializers.CharField(max_length=200, required=False, help_text="items of it alone")
    shopper = serializers.CharField(
        max_length=200, required=False, help_text="needs the permission see_personal_data too"
    )


class PlacementsView(SeldomChangedView):
    """The named spots of the shop."""

    part = "placements"
    rights = {"GET": ["view_placement"], "POST": ["add_placement"]}

    @operation(
        "List placements",
        answer=page_of(PlacementRow),
        parameters=(Page,),
        errors=(401, 403),
        shown=examples.page_with(examples.PLACEMENT),
    )
    def get(self, request: Request) -> Response:
        asked = asked_of(Page, request)
        found, following = page(Placement.objects.all(), by="id", asked=asked)
        return Response({"results": PlacementRow(found, many=True).data, "next": following})

    @operation(
        "Add a placement",
        answer=PlacementRow,
        status=201,
        request=PlacementRow,
        errors=(401, 403),
        sent={"slug": "basket-side", "strategy": "cart", "limit": 4, "fallbacks": ["popular"]},
        shown=examples.PLACEMENT,
    )
    def post(self, request: Request) -> Response:
        body = checked(PlacementRow, request)
        placement = Placement()
        curate.keep(placement, body, user_id=self.user_id)
        return Response(PlacementRow(placement).data, status=status.HTTP_201_CREATED)


class PlacementView(SeldomChangedView):
    """One placement. Its name cannot be changed: pages ask for it."""

    part = "placements"
    rights = {"GET": ["view_placement"], "PATCH": ["change_placement"], "DELETE": ["delete_placement"]}

    @operation(
        "One placement", answer=PlacementRow, parameters=(SLUG,), errors=(401, 403, 404), shown=examples.PLACEMENT
    )
    def get(self, request: Request, slug: str) -> Response:
        refuse_unknown(request.query_params, ())
        return Response(PlacementRow(placement_of(slug)).data)

    @operation(
        "Change a placement",
        answer=PlacementRow,
        parameters=(SLUG,),
        request=PlacementChange(partial=True),
        errors=(401, 403, 404),
        sent={"limit": 6},
        shown=examples.PLACEMENT,
    )
    def patch(self, request: Request, slug: str) -> Response:
        body = checked(PlacementChange, request, partial=True)
        placement = placement_of(slug)
        curate.keep(placement, body, user_id=self.user_id)
        return Response(PlacementRow(placement).data)

    @operation("Delete a placement with its pins", status=204, parameters=(SLUG,), errors=(401, 403, 404))
    def delete(self, request: Request, slug: str) -> Response:
        curate.remove(placement_of(slug), user_id=self.user_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class PreviewView(TrustedView):
    """What the placement would show now, for a product or a cart and a shopper; `considered` says why, and why not."""

    part = "placements"
    rights = {"GET": ["view_placement"]}

    @operation(
        "Preview a placement",
        answer=shapes.SuggestionList,
        parameters=(
            SLUG,
            OpenApiParameter("item", str, many=True, description="product keys: one of a product's page, a cart's all"),
            Asked,
        ),
        errors=(401, 403, 404),
        shown=examples.LIST,
    )
    def get(self, request: Request, slug: str) -> Response:
        asked = asked_of(Asked, request, beside=("item",))
        shopper = asked.get("shopper")
        if shopper is not None:
            require_shopper_key("shopper", shopper)
            if not request.user.has_perm("recommendations.see_personal_data"):
                raise PermissionDenied("a preview for a shopper needs the permission recommendations.see_personal_data")
        try:
            answer = preview(
                placement_of(slug),
                context=context_of(request._request),
                now=timezone.now(),
                user_id=self.user_id,
                products=keys("item", request.query_params.getlist("item")),
                shopper=shopper,
                category=asked.get("category"),
                limit=asked.get("limit"),
            )
        except InvalidInput as error:
            raise InvalidInput("item", error.message) if error.field == "products" else error from None
        return Response(as_json(answer, explained=True))


class PinsView(TrustedView):
    """What staff pin on top, boost or hide."""

    part = "placements"
    rights = {"GET": ["view_pin"], "POST": ["add_pin"]}

    @operation(
        "List pins",
        answer=page_of(PinRow),
        parameters=(PinFilters,),
        errors=(401, 403),
        shown=examples.page_with(examples.PIN),
    )
    def get(self, request: Request) -> Response:
        asked = asked_of(PinFilters, request)
        pins = Pin.objects.select_related("placement", "item")
        if "placement" in asked:
            pins = pins.filter(placement__slug=asked["placement"])
        if "kind" in asked:
            pins = pins.filter(kind=asked["kind"])
        found, following = page(pins, by="id", asked=asked)
        return Response({"results": PinRow(found, many=True).data, "next": following})

    @operation(
        "Pin, boost or hide a product",
        answer=PinRow,
        status=201,
        request=PinRow,
        errors=(401, 403, 404),
        sent={"placement": "product-related", "item": "butter", "kind": "pin", "position": 1},
        shown=examples.PIN,
    )
    def post(self, request: Request) -> Response:
        body = checked(PinRow, request)
        _require_period(body)
        item = ensure_product(body.pop("item")["key"])
        if Pin.objects.filter(placement=body["placement"], item=item, kind=body["kind"]).exists():
            raise InvalidInput("item", f"has a {body['kind']} in {body['placement'].slug} already")
        pin = Pin()
        curate.keep(pin, {**body, "item": item}, user_id=self.user_id)
        return Response(PinRow(pin).data, status=status.HTTP_201_CREATED)


class PinView(TrustedView):
    """One pin, boost or hide: its position, factor and dates may change."""

    part = "placements"
    rights = {"GET": ["view_pin"], "PATCH": ["change_pin"], "DELETE": ["delete_pin"]}

    @operation("One pin", answer=PinRow, parameters=(PIN_ID,), errors=(401, 403, 404), shown=examples.PIN)
    def get(self, request: Request, pin_id: int) -> Response:
        refuse_unknown(request.query_params, ())
        return Response(PinRow(pin_of(pin_id)).data)

    @operation(
        "Change a pin",
        answer=PinRow,
        parameters=(PIN_ID,),
        request=PinChange(partial=True),
        errors=(401, 403, 404),
        sent={"ends_at": "2026-12-31T00:00:00Z"},
        shown=examples.PIN,
    )
    def patch(self, request: Request, pin_id: int) -> Response:
        body = checked(PinChange, request, partial=True)
        pin = pin_of(pin_id)
        _require_period({"starts_at": pin.starts_at, "ends_at": pin.ends_at, **body})
        curate.keep(pin, body, user_id=self.user_id)
        return Response(PinRow(pin).data)

    @operation("Delete a pin", status=204, parameters=(PIN_ID,), errors=(401, 403, 404))
    def delete(self, request: Request, pin_id: int) -> Response:
        curate.remove(pin_of(pin_id), user_id=self.user_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


def placement_of(slug: str) -> Placement:
    """The placement of this name."""
    placement = Placement.objects.filter(slug=slug).first()
    if placement is None:
        raise Http404("there is no such placement")
    return placement


def pin_of(pin_id: int) -> Pin:
    """The pin of this id."""
    pins = Pin.objects.select_related("placement", "item")
    pin = pins.filter(pk=pin_id).first() if pin_id <= HIGHEST_ID else None
    if pin is None:
        raise Http404("there is no such pin")
    return pin


def _require_period(body: dict[str, Any]) -> None:
    starts_at, ends_at = body["starts_at"], body["ends_at"]
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        raise InvalidInput("ends_at", f"must be later than starts_at, not {ends_at.isoformat()}")
