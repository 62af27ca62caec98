"""Staff at work in the admin: the small shop with mined rules on a live server, and one browser for this folder."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page

from recommendations.services.mine import mine
from tests.browser import in_thread, launched_chromium
from tests.live_shop import opened_shop, visitors
from tests.storefront.small_shop import SmallShop

_numbers = itertools.count(1)


@pytest.fixture(scope="package")
def shop(django_db_blocker, tmp_path_factory) -> Iterator[SmallShop]:
    """The shop, opened once, with rules."""
    with django_db_blocker.unblock(), opened_shop(tmp_path_factory.mktemp("desk")) as shop:
        mine(progress=lambda *_: None, now=timezone.now())
        yield shop


@pytest.fixture(scope="package")
def chromium(shop) -> Iterator[Browser]:
    """Closed before the shop: beside Playwright Django refuses to touch the database."""
    with launched_chromium() as browser:
        yield browser


@pytest.fixture
def staff(chromium, shop) -> Iterator[Callable[..., Page]]:
    """Opens the page of a member of staff who has just these permissions; of a superuser where none is named.

    `staff("view_rule", "decide_rule", locale="zh-CN", viewport={...})`; addresses are below the shop's, `/admin/`.
    """
    with visitors(chromium, shop.url) as open_page:

        def enter(*codenames: str, **options: Any) -> Page:
            page = open_page(**options)
            page.context.add_cookies(
                [
                    {
                        "name": settings.SESSION_COOKIE_NAME,
                        "value": in_thread(_session_of, codenames),
                        "url": shop.url,
                    }
                ]
            )
            return page

        yield enter


def _session_of(codenames: tuple[str, ...]) -> str:
    """The session of a fresh member of staff, logged in."""
    user = User.objects.create_user(f"staff-{next(_numbers)}", is_staff=True, is_superuser=not codenames)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return str(client.session.session_key)
