from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from recommendations.data.orders import AHEAD, EARLIEST, PlacedLine, PlacedOrder, clamped
from recommendations.exceptions import InvalidInput

AT = datetime(2026, 1, 2, tzinfo=UTC)
LINE = PlacedLine("a", 1, Decimal("1.50"))


@pytest.mark.parametrize("key", ["1", "a/b", "连衣裙", "7f1c0f5e-5f0a-4f6e-9d8e-3f1f5f0a4f6e", "x" * 200])
def test_keys_are_any_text_up_to_200_characters(key):
    assert PlacedLine(key, 1, Decimal(1)).product == key


@pytest.mark.parametrize("key", ["", "x" * 201, "a\x00b", "\ud800", True, 1.5, None])
def test_a_bad_product_key_is_named(key):
    with pytest.raises(InvalidInput) as refusal:
        PlacedLine(key, 1, Decimal(1))
    assert refusal.value.field == "product"


@pytest.mark.parametrize("quantity", [0, -1, 1.5, True, 10**9 + 1, "1"])
def test_a_bad_quantity_is_named_with_its_range(quantity):
    with pytest.raises(InvalidInput, match="quantity: must be a whole number from 1 to 1000000000"):
        PlacedLine("a", quantity, Decimal(1))


@pytest.mark.parametrize("price", [Decimal("-0.01"), Decimal("NaN"), Decimal("Infinity"), Decimal(10**13), "x", None])
def test_a_bad_price_is_named(price):
    with pytest.raises(InvalidInput) as refusal:
        PlacedLine("a", 1, price)
    assert refusal.value.field == "unit_price"


def test_prices_keep_four_places():
    assert PlacedLine("a", 1, Decimal("1.5")).unit_price == PlacedLine("a", 1, Decimal("1.5000")).unit_price


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("key", ""),
        ("channel", "c" * 51),
        ("shopper", "42"),
        ("shopper", "user:"),
        ("placed_at", datetime(2026, 1, 2)),  # noqa: DTZ001 (naive on purpose)
        ("currency", "euro"),
        ("currency", "eur"),
        ("lines", ()),
    ],
)
def test_a_bad_field_of_an_order_is_named(field, value):
    fields = {"key": "1", "lines": (LINE,), "placed_at": AT, "currency": "EUR", field: value}
    with pytest.raises(InvalidInput) as refusal:
        PlacedOrder(**fields)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("moment", "nearest"),
    [
        (EARLIEST, EARLIEST),
        (EARLIEST - timedelta(microseconds=1), EARLIEST),
        (datetime.min.replace(tzinfo=UTC), EARLIEST),
        (AT, AT),
        (AT + AHEAD, AT + AHEAD),
        (AT + AHEAD + timedelta(microseconds=1), AT),
        (datetime.max.replace(tzinfo=UTC), AT),
    ],
)
def test_an_impossible_time_becomes_the_nearest_possible_one(moment, nearest):
    assert clamped(moment, now=AT) == (nearest, moment != nearest)
