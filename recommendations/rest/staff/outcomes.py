"""What lists earned, from the daily figures."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from recommendations.exceptions import InvalidInput
from recommendations.models import Item
from recommendations.rest.conditional import SeldomChangedView
from recommendations.rest.described import operation
from recommendations.rest.pages import asked_of
from recommendations.services import figures
from recommendations.services.figures import Figures, Period

USUAL_DAYS = 7


class OutcomesAsked(serializers.Serializer[Any]):
    since = serializers.DateField(required=False, help_text="first day, in the shop's time zone; usually a week ago")
    until = serializers.DateField(required=False, help_text="last day; usually today")
    placement = serializers.SlugField(max_length=50, required=False, help_text="lists of this placement alone")
    item = serializers.CharField(max_length=200, required=False, help_text="key of a product: its figures alone")


class FiguresRow(serializers.Serializer[Any]):
    lists = serializers.IntegerField(help_text="lists that were on screen; 0 of a single item")
    fallbacks = serializers.IntegerField(help_text="of them, those of a fallback")
    shown = serializers.IntegerField(help_text="items on screen")
    clicks = serializers.IntegerField()
    clicked = serializers.IntegerField(help_text="lists that were clicked; 0 of a single item")
    click_through = serializers.FloatField(allow_null=True, help_text="from 0 to 1; null where nothing was shown")
    cart_adds = serializers.IntegerField()
    orders = serializers.IntegerField(help_text="distinct orders")
    quantity = serializers.IntegerField(help_text="pieces that were kept")
    revenue = serializers.DictField(child=serializers.CharField(), help_text="by currency; never added up")


class DayRow(FiguresRow):
    day = serializers.DateField()


class PlacementFigures(FiguresRow):
    placement = serializers.CharField()


class StrategyFigures(FiguresRow):
    strategy = serializers.CharField()


class SourceFigures(FiguresRow):
    placement = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]


class Outcomes(serializers.Serializer[Any]):
    since = serializers.DateField()
    until = serializers.DateField()
    figures_of = serializers.DateTimeField(allow_null=True, help_text="the time that the figures are from")
    total = FiguresRow()
    days = DayRow(many=True)
    placements = PlacementFigures(many=True, help_text="none of a single item")
    strategies = StrategyFigures(many=True, help_text="none of a single item")
    sources = SourceFigures(many=True, help_text="of a single item: by placement and by what proposed it")


EXAMPLE = {
    "lists": 12410,
    "fallbacks": 310,
    "shown": 99280,
    "clicks": 870,
    "clicked": 812,
    "click_through": 0.0654,
    "cart_adds": 140,
    "orders": 96,
    "quantity": 113,
    "revenue": {"EUR": "1204.50"},
}


class OutcomesView(SeldomChangedView):
    """Lists shown and clicked, and the orders that came of it: in all, by day, by placement and by strategy."""

    part = "placements"
    rights = {"GET": ["view_impression"]}

    @operation(
        "What lists earned",
        answer=Outcomes,
        parameters=(OutcomesAsked,),
        errors=(401, 403),
        shown={
            "since": "2026-03-01",
            "until": "2026-03-01",
            "figures_of": "2026-03-01T12:00:00Z",
            "total": EXAMPLE,
            "days": [{"day": "2026-03-01", **EXAMPLE}],
            "placements": [{"placement": "product-related", **EXAMPLE}],
            "strategies": [{"strategy": "related", **EXAMPLE}],
            "sources": [],
        },
    )
    def get(self, request: Request) -> Response:
        asked = asked_of(OutcomesAsked, request)
        usual = Period.latest(USUAL_DAYS, now=timezone.now())
        period = Period(asked.get("since", usual.first), asked.get("until", usual.last))
        told: dict[str, Any] = {"since": period.first, "until": period.last, "figures_of": figures.computed_at()}
        if "item" in asked:
            days, spots = figures.of_item(_item_id(asked["item"]), period)
            total = figures.added(one.figures for one in spots)
            sources = [{"placement": one.placement, "source": one.source, **_as_json(one.figures)} for one in spots]
            return Response({**told, **_told(total, days), "placements": [], "strategies": [], "sources": sources})
        earned = figures.earned(period, placement=asked.get("placement", ""))
        return Response(
            {
                **told,
                **_told(earned.total, earned.days),
                "placements": [{"placement": name, **_as_json(one)} for name, one in earned.placements.items()],
                "strategies": [{"strategy": name, **_as_json(one)} for name, one in earned.strategies.items()],
                "sources": [],
            }
        )


def _item_id(key: str) -> int:
    item_id = Item.objects.filter(key=key).values_list("pk", flat=True).first()
    if item_id is None:
        raise InvalidInput("item", f"must be the key of a product that was shown or sold, not {key!r:.80}")
    return item_id


def _told(total: Figures, days: Mapping[Any, Figures]) -> dict[str, Any]:
    return {"total": _as_json(total), "days": [{"day": day, **_as_json(one)} for day, one in days.items()]}


def _as_json(found: Figures) -> dict[str, Any]:
    counts = {name: getattr(found, name) for name in figures.COUNTS}
    revenue = {currency: str(amount) for currency, amount in found.revenue.items()}
    return {**counts, "click_through": found.click_through, "revenue": revenue}
