"""The page that shows the API's description, in a real browser."""

import pytest

from tests.browser import launched_chromium

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_page_shows_the_api_and_asks_no_other_server(live_server):
    asked = []
    with launched_chromium() as browser:
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{live_server.url}/api/v1/docs/")
        page.get_by_text("Complete the cart").first.wait_for(timeout=20_000)
        assert page.get_by_text("Related products").count()
    assert asked
    assert [url for url in asked if not url.startswith((live_server.url, "data:", "blob:"))] == []
