"""How columns are found and cells are read."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from recommendations.data.tables import Cells, Refusal, RefusedLine, moment, resolve
from recommendations.exceptions import UnreadableFile

UTC_CELLS = Cells(ZoneInfo("UTC"))


def test_columns_default_to_the_field_names_and_optional_ones_may_be_absent():
    fields = {"order": True, "price": False, "title": False}
    assert resolve(fields, {"order": "invoice"}, ["invoice", "price"]) == {"order": "invoice", "price": "price"}


@pytest.mark.parametrize(
    ("asked", "present"),
    [({}, ["invoice"]), ({"price": "unit_price"}, ["order"]), ({}, ["order", "order"])],
    ids=["required and missing", "named and missing", "twice"],
)
def test_a_column_that_is_missing_or_ambiguous_is_told(asked, present):
    with pytest.raises(UnreadableFile):
        resolve({"order": True, "price": False}, asked, present)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2011-07-01 08:26:00", datetime(2011, 7, 1, 7, 26, tzinfo=UTC)),
        ("2011-07-01T08:26:00Z", datetime(2011, 7, 1, 8, 26, tzinfo=UTC)),
        ("2011-07-01T08:26:00+0200", datetime(2011, 7, 1, 6, 26, tzinfo=UTC)),
        ("1309508760000", datetime(2011, 7, 1, 8, 26, tzinfo=UTC)),
    ],
)
def test_a_time_without_a_zone_is_local_to_the_files(text, expected):
    assert moment(Cells(ZoneInfo("Europe/London")).microseconds(text)) == expected


def test_a_time_may_have_a_format_of_its_own():
    cells = Cells(ZoneInfo("UTC"), time_format="%m/%d/%Y %H:%M")
    assert moment(cells.microseconds("12/1/2010 8:26")) == datetime(2010, 12, 1, 8, 26, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", Refusal.NO_TIME), ("yesterday", Refusal.BAD_TIME), ("1999-12-31", Refusal.BEFORE_2000)],
)
def test_a_time_that_cannot_be_taken_is_refused(text, reason):
    assert _refusal(UTC_CELLS.microseconds, text) == reason


@pytest.mark.parametrize(("text", "expected"), [("6", 6), (" -3 ", -3), ("12.0", 12)])
def test_a_quantity_is_whole(text, expected):
    assert UTC_CELLS.quantity(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0", Refusal.ZERO_QUANTITY),
        ("1.5", Refusal.BAD_QUANTITY),
        ("", Refusal.BAD_QUANTITY),
        ("10000000000", Refusal.BAD_QUANTITY),
    ],
)
def test_a_quantity_that_cannot_be_taken_is_refused(text, reason):
    assert _refusal(UTC_CELLS.quantity, text) == reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("-0.01", Refusal.NEGATIVE_PRICE),
        ("free", Refusal.BAD_PRICE),
        ("NaN", Refusal.BAD_PRICE),
        ("1e13", Refusal.BAD_PRICE),
    ],
)
def test_a_price_that_cannot_be_taken_is_refused(text, reason):
    assert _refusal(UTC_CELLS.price, text) == reason


def test_a_price_may_be_nothing_and_may_have_a_decimal_comma():
    assert UTC_CELLS.price("0") == 0
    assert Cells(ZoneInfo("UTC"), decimal_comma=True).price("1.234,50") == Decimal("1234.50")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("17850.0", "user:17850"), ("17850", "user:17850"), ("anon:7", "anon:7"), ("", None), ("A.0", "user:A.0")],
)
def test_a_shopper_becomes_a_shopper_key(text, expected):
    assert UTC_CELLS.shopper(text, "user:") == expected


def _refusal(read, text):
    with pytest.raises(RefusedLine) as caught:
        read(text)
    return caught.value.reason
