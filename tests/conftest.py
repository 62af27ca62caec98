"""Fixtures that every test may use."""

import pytest
from django.utils import translation

from recommendations.catalogue import Facts, get_catalogue
from recommendations.testing import FakeCatalogue
from tests.browser import launched_chromium


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
