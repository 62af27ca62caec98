"""The import commands: options in, a table out."""

import io

import pytest
from django.core.management import CommandError, call_command

from recommendations.management.progress import ProgressBar
from recommendations.models import BrowseLog, Order


@pytest.mark.django_db
def test_import_orders_takes_a_column_an_option_and_prints_a_table(tmp_path, stocked):
    path = tmp_path / "orders.csv"
    path.write_text("invoice;stock;when;price\n1;a;1/12/2010 08:26;2,55\n2;b;never;1\n")
    out = io.StringIO()
    call_command(
        "import_orders",
        path,
        *["--order", "invoice", "--item", "stock", "--at", "when", "--currency-code", "GBP"],
        *["--time-format", "%d/%m/%Y %H:%M", "--decimal-comma", "--timezone", "Europe/London", "--exclude", "POST, M"],
        stdout=out,
    )
    order = Order.objects.get()
    assert (order.key, order.placed_at.isoformat()) == ("1", "2010-12-01T08:26:00+00:00")
    assert str(order.lines.get().unit_price) == "2.5500"
    lines = [line.split() for line in out.getvalue().splitlines()]
    assert ["orders", "recorded", "1"] in lines
    assert ["bad_time", "1", "a", "time", "that", "cannot", "be", "read"] in lines


@pytest.mark.django_db
def test_import_events_maps_kinds(tmp_path, stocked):
    path = tmp_path / "events.csv"
    path.write_text("event,visitor,ts,item\naddtocart,5,1767225600000,a\n")
    call_command(
        "import_events",
        path,
        *["--kind", "event", "--shopper", "visitor", "--at", "ts", "--shopper-prefix", "anon:"],
        *["--event-kinds", "view=view,addtocart=cart_add"],
        stdout=io.StringIO(),
    )
    assert BrowseLog.objects.values_list("kind", "shopper__key").get() == ("cart_add", "anon:5")


@pytest.mark.parametrize(
    "options",
    [["--shopper-prefix", "7"], ["--timezone", "Mars"], ["--delimiter", "::"], ["--order", "none"]],
)
def test_a_wrong_option_is_told(tmp_path, options):
    path = tmp_path / "orders.csv"
    path.write_text("order,item,at,currency\n")
    with pytest.raises(CommandError):
        call_command("import_orders", path, *options)


def test_the_progress_bar_on_a_terminal_is_one_line_drawn_anew():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    stream = Terminal()
    bar = ProgressBar(stream)
    bar(0.5, "reading")
    bar(1.0, "reading")
    assert stream.getvalue().count("\r") == 2
    assert stream.getvalue().endswith("100% [##############################] reading")
    assert "\n" not in stream.getvalue()


def test_elsewhere_progress_is_told_once_in_a_while():
    stream = io.StringIO()
    bar = ProgressBar(stream)
    for step in range(100):
        bar(step / 100, "reading")
    assert stream.getvalue().count("\n") == 1
