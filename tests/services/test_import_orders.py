"""A file of order lines becomes orders and returns, once."""

import csv
from zoneinfo import ZoneInfo

import pytest

from recommendations.catalogue import UnknownProduct
from recommendations.data.tables import Refusal
from recommendations.exceptions import InvalidInput, UnreadableFile
from recommendations.models import Amendment, Item, Order, OrderLine, Shopper
from recommendations.services import staging
from recommendations.services.import_orders import Orders, import_orders
from recommendations.services.importing import Manner, Source

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

HEADER = "order,item,shopper,at,quantity,price,title\n"
LINES = HEADER + (
    "1,a,7,2025-01-01,1,2.50,Apple\n"
    "2,a,8,2025-01-02,3,2.60,Apple\n"
    "1,b,7,2025-01-01,2,1.00,Bread\n"
    "1,b,7,2025-01-01,1,1.00,Bread\n"
)


@pytest.fixture
def load(tmp_path, stocked):
    """Import a text as a CSV file."""

    def run(text, *, orders=None, **manner):
        path = tmp_path / "orders.csv"
        path.write_text(text)
        return import_orders(
            source=Source(path, ZoneInfo("UTC")),
            orders=orders or Orders(currency_code="EUR"),
            manner=Manner(**manner),
            progress=lambda *_: None,
        )

    return run


def test_lines_of_an_order_may_lie_apart_and_a_product_may_stand_twice(load):
    report = load(LINES)
    assert (report.lines, report.orders_recorded) == (4, 2)
    lines = OrderLine.objects.filter(order__key="1").order_by("number").values_list("product_key", "quantity")
    assert list(lines) == [("a", 1), ("b", 2), ("b", 1)]
    assert Order.objects.get(key="1").shopper.key == "user:7"


def test_orders_are_recorded_oldest_first(load):
    load(HEADER + "late,a,7,2025-01-02,1,1,\nearly,a,7,2025-01-01,1,1,\n")
    assert list(Order.objects.order_by("id").values_list("key", flat=True)) == ["early", "late"]


def test_importing_again_adds_nothing(load):
    text = LINES + "1,a,7,2025-01-03,-1,2.50,Apple\n"
    load(text)
    again = load(text)
    assert (again.orders_recorded, again.orders_known) == (0, 2)
    assert (again.returns_known, again.returns_matched) == (1, 0)
    assert (Order.objects.count(), Amendment.objects.count()) == (2, 1)
    assert OrderLine.objects.get(order__key="1", product_key="a").refunded == 1


def test_an_order_that_changed_is_a_conflict_and_stays(load):
    load(LINES)
    report = load(LINES.replace("2025-01-02,3", "2025-01-02,4"))
    assert (report.order_conflicts, report.orders_known) == (1, 1)
    assert report.refused == {Refusal.CONFLICT: 1}
    assert OrderLine.objects.get(order__key="2").quantity == 3


def test_returns_are_applied_after_the_sales_whatever_the_files_order(load):
    report = load(HEADER + "C9,a,7,2025-01-05,-1,1,\n1,a,7,2025-01-01,1,1,\n")
    assert (report.returns_matched, report.returns_unmatched) == (1, 0)


def test_a_guests_return_and_one_without_a_sale_are_kept_unmatched(load):
    report = load(HEADER + "1,a,,2025-01-01,1,1,\nR1,a,,2025-01-05,-1,1,\nR2,a,8,2025-01-05,-1,1,\n")
    assert (report.returns_matched, report.returns_unmatched) == (0, 2)
    assert set(OrderLine.objects.values_list("refunded", flat=True)) == {0}


def test_a_cancellation_invoice_takes_back_whatever_its_sign(load):
    text = HEADER + "1,a,7,2025-01-01,1,1,\nC1,a,7,2025-01-02,1,1,\n"
    report = load(text, orders=Orders("EUR", cancel_prefix="C"))
    assert (report.orders_recorded, report.returns_matched) == (1, 1)


def test_without_a_prefix_an_invoice_that_begins_with_c_is_an_order(load):
    assert load(HEADER + "C1,a,7,2025-01-02,1,1,\n").orders_recorded == 1


def test_two_equal_return_lines_are_two_returns(load):
    line = "R,a,7,2025-01-02,-1,1,\n"
    report = load(HEADER + "1,a,7,2025-01-01,2,1,\n" + line + line)
    assert report.returns_matched == 2
    assert OrderLine.objects.get().refunded == 2


def test_a_later_longer_file_adds_only_what_is_new(load):
    load(HEADER + "1,a,7,2025-01-01,2,1,\nR,a,7,2025-01-02,-1,1,\n")
    report = load(HEADER + "0,b,7,2025-01-01,2,1,\n1,a,7,2025-01-01,2,1,\nR,a,7,2025-01-02,-1,1,\n")
    assert (report.orders_recorded, report.orders_known, report.returns_known) == (1, 1, 1)


def test_refused_lines_are_counted_by_reason_and_written_down(load, tmp_path):
    errors = tmp_path / "errors.csv"
    text = HEADER + (
        "1,a,7,2025-01-01,1,1,\n"
        ",a,7,2025-01-01,1,1,\n"
        "2,,7,2025-01-01,1,1,\n"
        "3,a,7,soon,1,1,\n"
        "4,a,7,2025-01-01,0,1,\n"
        '5,a,7,2025-01-01,1,-1,"so, so"\n'
        "6,a\n"
        "7,a,1,2025-01-01,1,1,\n"
        "7,a,2,2025-01-01,1,1,\n"
    )
    report = load(text, errors=errors)
    assert report.orders_recorded == 1
    assert report.refused == {
        Refusal.NO_ORDER: 1,
        Refusal.NO_ITEM: 1,
        Refusal.BAD_TIME: 1,
        Refusal.ZERO_QUANTITY: 1,
        Refusal.NEGATIVE_PRICE: 1,
        Refusal.MALFORMED: 1,
        Refusal.TWO_SHOPPERS: 2,
    }
    rows = list(csv.reader(errors.open()))
    assert rows[0] == ["line", "reason", *HEADER.strip().split(",")]
    assert ["7", "negative_price", "5", "a", "7", "2025-01-01", "1", "-1", "so, so"] in rows
    assert ["9", "two_shoppers", "7", "a", "1", "2025-01-01", "1", "1", ""] in rows


def test_an_order_of_too_many_lines_is_refused_whole(load, monkeypatch):
    monkeypatch.setattr(staging, "MOST_LINES", 2)
    report = load(LINES)
    assert report.orders_recorded == 1
    assert report.refused == {Refusal.TOO_MANY_LINES: 3}


def test_strict_writes_nothing_when_a_line_is_refused(load):
    with pytest.raises(InvalidInput, match="line 6"):
        load(LINES + "3,a,7,2025-01-01,0,1,\n", strict=True)
    assert not Order.objects.exists()


def test_strict_takes_back_what_was_recorded_before_a_conflict(load):
    load(HEADER + "2,a,7,2025-01-02,1,1,\n")
    with pytest.raises(InvalidInput):
        load(HEADER + "1,a,7,2025-01-01,1,1,\n2,a,7,2025-01-02,5,1,\n", strict=True)
    assert list(Order.objects.values_list("key", flat=True)) == ["2"]


def test_a_dry_run_reports_the_same_and_keeps_nothing(load):
    text = LINES + "R,a,7,2025-01-03,-1,1,\n"
    dry = load(text, dry_run=True)
    assert not any(model.objects.exists() for model in (Order, Item, Shopper, Amendment))
    real = load(text)
    assert (dry.orders_recorded, dry.returns_matched) == (real.orders_recorded, real.returns_matched) == (2, 1)


def test_what_is_no_product_is_kept_as_a_line_and_never_counted(load):
    text = HEADER + "1,a,7,2025-01-01,1,1,\n1,post,7,2025-01-01,1,9,\n1,gift_5,7,2025-01-01,1,9,\n"
    load(text, orders=Orders("EUR", exclude=["post", "gift_*"]))
    counted = dict(OrderLine.objects.values_list("product_key", "is_counted"))
    assert counted == {"a": True, "post": False, "gift_5": False}


def test_unknown_products_are_handed_over_with_their_latest_title_and_price(load, stocked, monkeypatch):
    handed = []
    monkeypatch.setattr(stocked, "register", handed.extend, raising=False)
    text = HEADER + (
        "1,new,7,2025-01-02,1,3.00,New name\n"
        "2,new,7,2025-01-01,1,2.00,Old name\n"
        "3,new,7,2025-01-03,1,0,found in the cellar\n"
        "4,post,7,2025-01-03,1,5,Postage\n"
        "4,a,7,2025-01-03,1,5,Known\n"
    )
    report = load(text, orders=Orders("EUR", exclude=["post"]))
    assert [(one.key, one.title, one.price) for one in handed] == [("new", "New name", 3)]
    assert isinstance(handed[0], UnknownProduct)
    assert report.products_registered == 1
    load(text, dry_run=True, orders=Orders("EUR", exclude=["post"]))
    assert len(handed) == 1


def test_prices_need_a_currency(load):
    with pytest.raises(UnreadableFile):
        load(LINES, orders=Orders())
    with pytest.raises(InvalidInput):
        Orders(currency_code="euro")
    assert load("order,item,at,currency\n1,a,2025-01-01,GBP\n", orders=Orders()).orders_recorded == 1
    assert Order.objects.get().currency == "GBP"


def test_what_breaks_off_in_the_middle_writes_nothing(load, monkeypatch, tmp_path):
    path = tmp_path / "orders.csv"
    path.write_bytes(LINES.encode() + b"3,a,7,2025-01-01,1,1,\xff\n")
    with pytest.raises(UnreadableFile):
        import_orders(
            source=Source(path, ZoneInfo("UTC")),
            orders=Orders("EUR"),
            manner=Manner(),
            progress=lambda *_: None,
        )
    assert not Order.objects.exists()
