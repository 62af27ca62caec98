"""The shapes of the API's bodies and answers, as its description tells them."""

from typing import Any

from rest_framework import serializers

from recommendations.data.candidates import Source
from recommendations.models import Consent, EventKind, Strategy
from recommendations.ranking.filters import Removal
from recommendations.ranking.reasons import Code

KEY: dict[str, Any] = {"min_length": 1, "max_length": 200}

Shape = serializers.Serializer[Any]


class Evidence(Shape):
    n_ab = serializers.IntegerField(allow_null=True, help_text="orders with both")
    n_a = serializers.IntegerField(allow_null=True, help_text="orders with the product it goes with")
    n_b = serializers.IntegerField(allow_null=True, help_text="orders with the suggested product")
    n = serializers.IntegerField(allow_null=True, help_text="all orders that are counted")
    confidence = serializers.FloatField(allow_null=True)
    lift = serializers.FloatField(allow_null=True)


class Reason(Shape):
    code = serializers.ChoiceField(choices=[code.value for code in Code])
    text = serializers.CharField(help_text="plain text in the shopper's language")
    evidence = Evidence()


class Suggestion(Shape):
    item = serializers.CharField(help_text="key of the product to buy")
    title = serializers.CharField(allow_blank=True)
    url = serializers.CharField(allow_blank=True)
    price = serializers.CharField(allow_null=True, help_text="a decimal as text")
    currency = serializers.CharField(allow_null=True)
    score = serializers.FloatField()
    rank = serializers.IntegerField(min_value=1)
    source = serializers.ChoiceField(choices=[source.value for source in Source])  # type: ignore[assignment]
    reasons = Reason(many=True)


class Considered(Shape):
    item = serializers.CharField()
    title = serializers.CharField(allow_blank=True)
    source = serializers.CharField()  # type: ignore[assignment]
    raw = serializers.FloatField(allow_null=True, help_text="without the boosts")
    score = serializers.FloatField(allow_null=True)
    diversity = serializers.FloatField(allow_null=True, help_text="the marginal relevance in a diverse list")
    propensity = serializers.FloatField(allow_null=True, help_text="the probability with which it is shown")
    rank = serializers.IntegerField(allow_null=True, help_text="null: it is not shown")
    removed = serializers.ChoiceField(
        choices=[one.value for one in Removal], allow_null=True, help_text="why it is not"
    )
    proposed = serializers.BooleanField(help_text="whether a strategy proposes it")


class SuggestionList(Shape):
    recommendation_id = serializers.CharField(help_text="report it back with impressions and clicks")
    placement = serializers.CharField()
    as_of = serializers.DateTimeField(allow_null=True, help_text="when the counts last changed")
    fallback = serializers.BooleanField(
        help_text="nothing that was asked for had an answer, so another source gave one"
    )
    items = Suggestion(many=True)
    considered = Considered(many=True, required=False, help_text="every candidate, where `explain` asked for them")


class Lists(Shape):
    lists = SuggestionList(many=True)


class Keys(serializers.ListField):
    """Product keys."""

    def __init__(self, **options: Any) -> None:
        super().__init__(child=serializers.CharField(**KEY), max_length=1_000, **options)


class Cart(Shape):
    items = Keys(help_text="what is in the cart")
    limit = serializers.IntegerField(min_value=1, max_value=100, required=False, allow_null=True)
    placement = serializers.CharField(max_length=50, required=False, allow_null=True)
    exclude = Keys(required=False, allow_null=True, help_text="what is not to be shown")
    category = serializers.CharField(required=False, allow_null=True, help_text="items of it alone", **KEY)
    diversity = serializers.FloatField(min_value=0, max_value=1, required=False, allow_null=True)
    explain = serializers.BooleanField(required=False, allow_null=True, help_text="for staff")


class ListToMake(Shape):
    strategy = serializers.ChoiceField(choices=Strategy.values, help_text="the placement's row may say another")
    products = Keys(required=False, allow_null=True, help_text="the one product, or the cart's")
    category = serializers.CharField(required=False, allow_null=True, help_text="items of it alone", **KEY)
    diversity = serializers.FloatField(min_value=0, max_value=1, required=False, allow_null=True)
    limit = serializers.IntegerField(min_value=1, max_value=100, required=False, allow_null=True)
    placement = serializers.CharField(max_length=50, required=False, allow_null=True)
    exclude = Keys(required=False, allow_null=True)
    explain = serializers.BooleanField(required=False, allow_null=True, help_text="for staff")


class Batch(Shape):
    lists = serializers.ListField(child=ListToMake(), min_length=1, max_length=10)
    distinct = serializers.BooleanField(required=False, help_text="no item twice on the page; the default")


class ToRank(Shape):
    items = Keys(help_text="what is to be put in order, each once")


class RankedItem(Shape):
    item = serializers.CharField()
    rank = serializers.IntegerField(min_value=1)
    score = serializers.FloatField(allow_null=True, help_text="null where nothing is known of it")
    source = serializers.ChoiceField(choices=[Source.NETWORK.value, Source.POPULAR.value], allow_null=True)  # type: ignore[assignment]


class RankedList(Shape):
    fallback = serializers.BooleanField(help_text="nothing is known of the shopper: best sellers first")
    items = RankedItem(many=True)


class ShownItem(Shape):
    item = serializers.CharField()
    title = serializers.CharField(allow_blank=True)
    rank = serializers.IntegerField(min_value=1)
    source = serializers.CharField(help_text="what proposed it")  # type: ignore[assignment]
    propensity = serializers.FloatField(help_text="the probability with which it was shown")


class ShownList(Shape):
    id = serializers.UUIDField()
    placement = serializers.CharField()
    served_at = serializers.DateTimeField()
    versions = serializers.DictField(child=serializers.IntegerField(), help_text="the artefacts and counts behind it")
    variant = serializers.CharField(allow_blank=True)
    fallback = serializers.BooleanField()
    items = ShownItem(many=True)


class Event(Shape):
    event_id = serializers.UUIDField(required=False, help_text="yours: sent twice it counts once")
    kind = serializers.ChoiceField(choices=[*EventKind.values, "impression"])
    at = serializers.DateTimeField(required=False)
    item = serializers.CharField(required=False, allow_null=True, **KEY)
    dwell_seconds = serializers.FloatField(required=False, allow_null=True, min_value=0, max_value=86_400)
    session = serializers.CharField(required=False, max_length=64)
    query = serializers.CharField(required=False, max_length=200)
    channel = serializers.CharField(required=False, max_length=50)
    recommendation = serializers.CharField(
        required=False, max_length=8_192, help_text="the recommendation_id that it came from; an impression needs it"
    )


class Events(Shape):
    events = Event(many=True)


class EventOutcome(Shape):
    event_id = serializers.CharField(allow_blank=True)
    status = serializers.ChoiceField(choices=["recorded", "duplicate", "conflict", "refused", "invalid"])
    message = serializers.CharField(required=False)


class EventOutcomes(Shape):
    events = EventOutcome(many=True)


class OrderedLine(Shape):
    product = serializers.CharField(**KEY)
    quantity = serializers.IntegerField(min_value=1, max_value=10**9)
    unit_price = serializers.CharField(required=False, help_text="a decimal as text; not of a refund")


class OrderOrChange(Shape):
    key = serializers.CharField(help_text="yours: sent twice it counts once", **KEY)
    channel = serializers.CharField(required=False, max_length=50)
    shopper = serializers.CharField(
        required=False, allow_null=True, help_text="`user:ID`, `anon:UUID`, null for a guest"
    )
    placed_at = serializers.DateTimeField(required=False, help_text="of an order")
    currency = serializers.CharField(required=False, min_length=3, max_length=3, help_text="of an order")
    lines = OrderedLine(many=True, required=False, allow_null=True)
    change = serializers.ChoiceField(required=False, choices=["cancel", "refund", "return"])
    order_key = serializers.CharField(required=False, help_text="of a cancel or refund")
    at = serializers.DateTimeField(required=False, help_text="of a change")
    product = serializers.CharField(required=False, help_text="of a return")
    quantity = serializers.IntegerField(required=False, help_text="of a return")


class Recorded(Shape):
    id = serializers.IntegerField(help_text="0: the shopper was erased since, and nothing is recorded")
    created = serializers.BooleanField(help_text="false: it was there already")
    matched = serializers.BooleanField(required=False, help_text="of a return: whether an order was found for it")


class ConsentState(Shape):
    consent = serializers.ChoiceField(choices=[Consent.GRANTED.value, Consent.REFUSED.value])


class Stars(Shape):
    item = serializers.CharField(**KEY)
    stars = serializers.IntegerField(min_value=1, max_value=5)


class RatingRow(Stars):
    rated_at = serializers.DateTimeField()


class Merged(Shape):
    merged = serializers.BooleanField(help_text="false: no visitor's cookie came along")
