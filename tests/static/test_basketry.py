"""The page's script in a real browser, against a server that only notes what it is sent."""

import json
import re
import threading
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

import recommendations

pytestmark = pytest.mark.browser

SCRIPT = Path(recommendations.__file__).parent / "static" / "recommendations" / "basketry.js"
POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; form-action 'self'"
TAG = '<script src="/basketry.js" defer data-endpoint="/events/" data-csrf-cookie="csrftoken"></script>'
TALL = '<svg width="10" height="4000"></svg>'

PAGES = {
    "/product": '<main data-basketry-view="a/b 红茶">Tea</main>',
    "/list": f'<p data-basketry-token="SEEN">one</p>{TALL}<p data-basketry-token="UNSEEN">two</p>',
    "/cart": '<form method="post" action="/elsewhere" data-basketry-cart-add="k1"><button id="form">add</button></form>'
    '<form method="post" action="/elsewhere"><button id="submitter" data-basketry-cart-add="k2">add</button></form>'
    '<button id="button" type="button" data-basketry-cart-add="k3">add</button>',
    "/elsewhere": "Elsewhere",
    "/cached": '<p data-basketry-token="FIRST"><a data-basketry-item="k 1">one</a></p>'
    '<div id="filled" data-basketry-fragment="/fragments/filled/?strategy=cart&amp;products=a%2Fb"></div>'
    '<div id="empty" data-basketry-fragment="/fragments/empty/"></div>'
    '<div id="next" data-basketry-fragment="/fragments/next/"></div>'
    '<div id="any" data-basketry-fragment="/fragments/any/" data-basketry-distinct="false"></div>',
}

FRAGMENTS = {
    name: f'<section data-basketry-token="{name}"><a data-basketry-item="{name}">{name}</a></section>'
    for name in ("filled", "next", "any")
}


class Shop(ThreadingHTTPServer):
    """A server with the pages above, under a strict content policy, that keeps every beacon."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.beacons = []
        self.asked = []
        self.arrived = threading.Condition()
        self.address = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def events(self, number, *, seconds=10.0):
        """The first `number` events that arrive."""
        with self.arrived:
            self.arrived.wait_for(lambda: len(self.told()) >= number, seconds)
            return self.told()

    def told(self):
        return [event for beacon in self.beacons for event in json.loads(beacon["events"])]


class Handler(BaseHTTPRequestHandler):
    server: Shop

    def do_GET(self):
        path = urlsplit(self.path).path
        if path == "/basketry.js":
            self.answer(SCRIPT.read_bytes(), "text/javascript")
        elif path.startswith("/fragments/"):
            self.server.asked.append(self.path)
            html = FRAGMENTS.get(path.split("/")[2], "")
            self.answer(html.encode(), "text/html; charset=utf-8", status=200 if html else 204)
        else:
            self.answer(
                f"<!doctype html><title>t</title>{PAGES.get(path, '')}{TAG}".encode(), "text/html; charset=utf-8"
            )

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/events/":
            form = message_from_bytes(b"Content-Type: " + self.headers["Content-Type"].encode() + b"\r\n\r\n" + body)
            fields = {
                part.get_param("name", header="content-disposition"): part.get_payload(decode=True).decode()
                for part in form.get_payload()
            }
            with self.server.arrived:
                self.server.beacons.append(fields)
                self.server.arrived.notify_all()
        self.answer(PAGES["/elsewhere"].encode(), "text/html")

    def answer(self, body, kind, *, status=200):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Set-Cookie", "csrftoken=secret; Path=/; SameSite=Lax")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *given):
        """Say nothing."""


@pytest.fixture
def shop():
    server = Shop()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(chromium, shop):
    context = chromium.new_context(base_url=shop.address)
    opened = context.new_page()
    problems = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    yield opened
    context.close()
    assert problems == []


def kinds(events):
    return [event["kind"] for event in events]


def test_a_view_is_told_once_with_the_time_it_lasted(page, shop):
    page.goto("/product")
    page.wait_for_timeout(600)
    page.goto("/elsewhere")
    (view,) = shop.events(1)
    assert (view["kind"], view["item"]) == ("view", "a/b 红茶")
    assert 0.5 <= view["dwell_seconds"] < 10
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", view["event_id"])
    assert view["at"].endswith("Z")
    assert shop.beacons[0]["csrfmiddlewaretoken"] == "secret"
    page.wait_for_timeout(300)
    assert kinds(shop.told()) == ["view"]


def test_one_tab_is_one_session(page, shop):
    for path in ("/product", "/product", "/elsewhere"):
        page.goto(path)
        page.wait_for_timeout(50)
    first, second = shop.events(2)
    assert first["session"] == second["session"]
    assert first["event_id"] != second["event_id"]


def test_a_list_is_told_once_it_was_on_screen_for_a_second(page, shop):
    page.goto("/list")
    assert shop.events(1) == [{"kind": "impression", "recommendation": "SEEN"}]
    page.locator("[data-basketry-token=UNSEEN]").scroll_into_view_if_needed()
    assert shop.events(2)[1] == {"kind": "impression", "recommendation": "UNSEEN"}
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(1_500)
    page.goto("/elsewhere")
    page.wait_for_timeout(300)
    assert len(shop.told()) == 2


def test_a_list_that_was_scrolled_past_was_not_seen(page, shop):
    page.goto("/list")
    page.locator("[data-basketry-token=UNSEEN]").scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    page.goto("/elsewhere")
    page.wait_for_timeout(300)
    assert shop.told() == []


def test_landing_by_a_suggestions_link_is_a_click_and_leaves_a_clean_address(page, shop):
    page.goto("/product?size=4%20cm&basketry=.eJx:1a-b_c&colour=red#more")
    assert page.url == f"{shop.address}/product?size=4%20cm&colour=red#more"
    shown, click = shop.events(2)
    assert shown == {"kind": "impression", "recommendation": ".eJx:1a-b_c"}
    assert (click["kind"], click["item"], click["recommendation"]) == ("click", "a/b 红茶", ".eJx:1a-b_c")


def test_the_same_link_opened_again_is_the_same_click(page, shop):
    page.goto("/product?basketry=T")
    _, first = shop.events(2)
    page.goto("/product?basketry=T")
    again = [event for event in shop.events(5) if event["kind"] == "click"]
    assert again == [first, first]


def test_a_reload_is_no_click(page, shop):
    page.goto("/product?basketry=T")
    shop.events(2)
    page.reload()
    page.wait_for_timeout(100)
    page.goto("/elsewhere")
    assert kinds(shop.events(4)) == ["impression", "click", "view", "view"]


def test_a_page_that_shows_no_product_tells_no_click(page, shop):
    page.goto("/elsewhere?basketry=T")
    assert page.url == f"{shop.address}/elsewhere"
    page.goto("/product")
    page.wait_for_timeout(300)
    assert shop.told() == []


@pytest.mark.parametrize(("button", "key"), [("form", "k1"), ("submitter", "k2"), ("button", "k3")])
def test_what_is_put_into_the_cart_is_told_once(page, shop, button, key):
    page.goto("/cart")
    page.click(f"#{button}")
    page.goto("/elsewhere")
    (event,) = shop.events(1)
    assert (event["kind"], event["item"]) == ("cart_add", key)
    page.wait_for_timeout(300)
    assert len(shop.told()) == 1


def test_where_there_is_no_beacon_fetch_sends_it(page, shop):
    page.add_init_script("navigator.sendBeacon = () => false")
    page.goto("/product")
    page.wait_for_timeout(100)
    page.goto("/elsewhere")
    assert kinds(shop.events(1)) == ["view"]


def test_an_old_browser_without_random_uuids_or_storage_still_tells(page, shop):
    page.add_init_script(
        "crypto.randomUUID = undefined;"
        "Object.defineProperty(window, 'sessionStorage', {get() { throw new Error('no storage'); }});"
    )
    page.goto("/product?basketry=T")
    _, click = shop.events(2)
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", click["event_id"])


def test_many_events_are_sent_in_batches_that_a_beacon_can_hold(page, shop):
    page.goto("/cart")
    page.evaluate("for (let n = 0; n < 45; n++) document.getElementById('button').click()")
    assert len(shop.events(45)) == 45
    assert sorted(len(json.loads(beacon["events"])) for beacon in shop.beacons) == [5, 20, 20]


def test_the_places_of_a_cached_page_are_filled_one_after_another(page, shop):
    page.goto("/cached")
    page.locator("#any section").wait_for()
    assert page.locator("#filled").inner_text() == "filled"
    assert page.locator("#empty").inner_html() == ""
    assert [(urlsplit(path).path, parse_qs(urlsplit(path).query)) for path in shop.asked] == [
        ("/fragments/filled/", {"strategy": ["cart"], "products": ["a/b"], "exclude": ["k 1"]}),
        ("/fragments/empty/", {"exclude": ["k 1", "filled"]}),
        ("/fragments/next/", {"exclude": ["k 1", "filled"]}),
        ("/fragments/any/", {}),
    ]
    told = {event["recommendation"] for event in shop.events(4)}
    assert told == {"FIRST", "filled", "next", "any"}


def test_a_list_that_cannot_be_had_leaves_the_others(page, shop):
    page.route("**/fragments/filled/**", lambda route: route.fulfill(status=202, body="<b>broken</b>"))
    page.add_init_script(
        "const known = fetch; fetch = (to, how) => String(to).includes('next') ? Promise.reject(0) : known(to, how)"
    )
    page.goto("/cached")
    page.locator("#any section").wait_for()
    assert page.locator("#filled").inner_html() == page.locator("#next").inner_html() == ""
