from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.utils import timezone

from recommendations.catalogue import Facts, Offer
from recommendations.ranking.reasons import Code, Evidence, Reason, Trend
from recommendations.services.explain import explain

TEA = Facts(key="tea", title="100 %s tea", url="/")
CUP = Facts(key="cup", title="Cup %(n)d", url="/")
PAIR = Evidence(n_ab=37, n_a=210, n_b=90, n=1_000, confidence=37 / 210, lift=2.0)
ALONE = Evidence(n_ab=None, n_a=None, n_b=90, n=1_000, confidence=None, lift=None)


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (Reason(Code.BOUGHT_TOGETHER, PAIR, "cup"), "37 of the 210 orders with Cup %(n)d also had 100 %s tea"),
        (
            Reason(Code.BOUGHT_TOGETHER, Evidence(1, 1, 1, 9, 1.0, 9.0), "cup"),
            "The one order with Cup %(n)d also had 100 %s tea",
        ),
        (Reason(Code.FOR_YOU, PAIR, "cup"), "Chosen for you because you bought Cup %(n)d"),
        (Reason(Code.FOR_YOU, ALONE), "Chosen for you from what you bought before"),
        (Reason(Code.FOR_YOU, PAIR, "gone"), "Chosen for you from what you bought before"),
        (Reason(Code.FOR_YOU, ALONE, "tea"), "You bought it before"),
        (Reason(Code.POPULAR, ALONE), "A best seller: in 90 of 1000 orders"),
        (Reason(Code.POPULAR_IN_CATEGORY, ALONE), "A best seller of its kind: in 90 of 1000 orders"),
        (Reason(Code.STAFF_PICK, ALONE), "Picked by our team"),
        (
            Reason(Code.VIEWED_TOGETHER, PAIR, "cup"),
            "Viewed together by 37 of the 210 shoppers who looked at Cup %(n)d",
        ),
        (
            Reason(Code.SUBSTITUTE, PAIR, "cup"),
            "Bought instead of Cup %(n)d: 37 of the 210 orders with it also had 100 %s tea",
        ),
        (Reason(Code.BEST_SELLER, ALONE), "A best seller of these weeks: in 90 of 1000 orders"),
        (Reason(Code.TRENDING, ALONE, trend=Trend(24, 6.2)), "24 orders this week, 6 in a usual week"),
        (Reason(Code.TRENDING, ALONE, trend=Trend(9, 0.4)), "9 orders this week, hardly any before"),
        (Reason(Code.RECENTLY_VIEWED, ALONE), "You looked at it"),
    ],
)
def test_a_reason_in_words(reason, text):
    explained = explain(reason, TEA, {"cup": CUP, "tea": TEA})
    assert (explained.code, explained.text, explained.evidence) == (reason.code.value, text, reason.evidence)


@pytest.mark.parametrize(
    ("price", "text"),
    [
        (Decimal("4.00"), "25 % less until 03/01/2026 2:30 p.m.: you save 1.00 EUR"),
        (Decimal("3.00"), "On offer until 03/01/2026 2:30 p.m."),
        (None, "On offer until 03/01/2026 2:30 p.m."),
    ],
)
def test_an_offer_tells_what_it_saves_and_its_end_where_the_shopper_is(price, text):
    offer = Offer(Decimal("3.00"), datetime(2026, 3, 1, 13, 30, tzinfo=UTC))
    with timezone.override("Europe/Berlin"):
        told = explain(Reason(Code.OFFER, ALONE), replace(TEA, price=price, currency="EUR", offer=offer), {})
    assert told.text == text
