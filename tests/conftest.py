"""Fixtures that every test may use."""

import pytest
from django.utils import translation

from recommendations.catalogue import Facts, get_catalogue
from recommendations.testing import FakeCatalogue
from tests.browser import launched_chromium


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Where tests run side by side those of a file stay together, and those that empty the tables come last.

    Emptied tables lack the rows that migrations make, which the other tests count on.
    """
    emptying = {item.path for item in items if _empties_tables(item)}
    for item in items:
        needs_rows = "db" in item.fixturenames or item.get_closest_marker("django_db")
        last = _empties_tables(item) or (item.path in emptying and not needs_rows)
        item.add_marker(pytest.mark.xdist_group(f"{item.path}{', last' if last else ''}"))


def _empties_tables(item):
    marker = item.get_closest_marker("django_db")
    return bool(
        {"transactional_db", "live_server"}.intersection(item.fixturenames)
        or (marker and marker.kwargs.get("transaction"))
    )


@pytest.fixture
def fake_catalogue(settings):
    """A catalogue in memory in place of the reference shop's; put `Facts` into its `shelf`."""
    settings.RECOMMENDATIONS = {
        **settings.RECOMMENDATIONS,
        "CATALOGUE": "recommendations.testing.FakeCatalogue",
    }
    catalogue = get_catalogue()
    assert isinstance(catalogue, FakeCatalogue)
    catalogue.shelf.clear()
    catalogue.identities.clear()
    return catalogue


@pytest.fixture
def stocked(fake_catalogue):
    """A fake catalogue with products `a` to `z`."""
    for key in "abcdefghijklmnopqrstuvwxyz":
        fake_catalogue.shelf[key] = Facts(key=key, title=f"Product {key}", url=f"/p/{key}/", categories=("things",))
    return fake_catalogue


@pytest.fixture(autouse=True)
def language_of_the_settings():
    """A request leaves its language active in the thread; the next test begins without it."""
    yield
    translation.deactivate()


@pytest.fixture(scope="module")
def chromium():
    """The machine's own Chromium, headless. With CI=true its absence is a failure, elsewhere a skip.

    A module's and not the session's: while Playwright runs, Django takes the thread for an asynchronous one.
    """
    with launched_chromium() as browser:
        yield browser
