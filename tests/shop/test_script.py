"""The shop's script in a real browser: the clock of an offer, the total of a bundle."""

from pathlib import Path

import pytest

import shop

pytestmark = pytest.mark.browser

SCRIPT = Path(shop.__file__).parent / "static" / "shop" / "shop.js"
TIME = '<time datetime="{end}" data-ends="over">at noon</time>'
BUNDLE = (
    '<form data-bundle="{zero}">'
    '<input type="checkbox" data-price="1.10" checked><input type="checkbox" data-price="2.20" checked>'
    '<input type="checkbox" data-price="9.00" disabled>'
    '<p><span>all</span><output data-part="some">?</output></p><button type="submit">add</button></form>'
)


@pytest.fixture
def page(chromium):
    page = chromium.new_page()
    yield page
    page.close()


def load(page, body, *, now="2026-03-01T12:00:00+00:00", lang="en"):
    page.set_content(f'<html lang="{lang}"><body data-now="{now}">{body}</body></html>')
    page.add_script_tag(content=SCRIPT.read_text())


@pytest.mark.parametrize(
    ("end", "lang", "told"),
    [
        ("2026-03-01T13:02:03+00:00", "en", ("01:02:03", "01:02:02")),
        ("2026-03-03T13:00:00+00:00", "en", ("2 days 01:00:00", "2 days 00:59:59")),
        ("2026-03-03T13:00:00+00:00", "zh-hans", ("2天 01:00:00", "2天 00:59:59")),
    ],
)
def test_the_clock_goes_by_the_shops_time_and_is_silent(page, end, lang, told):
    load(page, TIME.format(end=end), lang=lang)
    clock = page.locator(".countdown")
    assert clock.text_content() in told
    assert clock.get_attribute("aria-hidden") == "true"
    assert page.locator("time").text_content() == "at noon"
    before = clock.text_content()
    page.wait_for_function("before => document.querySelector('.countdown').textContent !== before", arg=before)


def test_at_the_end_the_card_says_so(page):
    card = f'<div data-basketry-item="k">{TIME.format(end="2026-03-01T12:00:01+00:00")}</div>'
    load(page, card)
    page.wait_for_selector(".is-over", timeout=5_000)
    assert page.locator(".countdown").text_content() == "over"
    assert page.locator(".countdown").get_attribute("aria-hidden") is None


def test_the_total_is_of_what_is_ticked(page):
    load(page, BUNDLE.format(zero="$0.00"))
    output, label, boxes = page.locator("output"), page.locator("span"), page.locator("input:enabled")
    assert (output.text_content(), label.text_content()) == ("$3.30", "some")
    boxes.nth(0).uncheck()
    assert output.text_content() == "$2.20"
    boxes.nth(1).uncheck()
    assert page.locator("button").is_disabled()


def test_amounts_are_written_as_the_page_writes_them(page):
    load(page, BUNDLE.format(zero="0.00 CHF").replace("2.20", "2200.00").replace(" disabled", " checked"))
    assert page.locator("output").text_content() == "2,210.10 CHF"
    assert page.locator("span").text_content() == "all"
