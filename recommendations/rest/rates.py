"""How often one client may ask: a count for each window of time, raised in one step where the cache can."""

import logging
import time
from typing import Any

from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

from recommendations.conf import rate_of, settings

logger = logging.getLogger(__name__)


class Rate(BaseThrottle):
    """At most as many requests in each window as the view's setting allows; None there means any number.

    Windows follow each other: within one, `add` and `incr` of the cache let exactly so many through however many
    arrive at once (memory, Redis and Memcached count in one step). A cache that fails lets every request through.
    """

    _left: float | None = None

    def allow_request(self, request: Request, view: Any) -> bool:
        account = getattr(view, "shopper", None) or (f"user:{request.user.pk}" if request.user.is_authenticated else "")
        self._left = seconds_to_wait(view.rate, request, account=account)
        return self._left is None

    def wait(self) -> float | None:
        """Seconds until the next window begins."""
        return self._left


def seconds_to_wait(setting: str, request: Any, *, account: str | None) -> float | None:
    """Until the next window of this rate begins; None where the request is to be answered. It counts the request.

    Parameters
    ----------
    account : the shopper's key. Other clients than accounts are told apart by address: a visitor's cookie costs
        nothing, so another one makes no other client.
    """
    rate = getattr(settings, setting)
    if rate is None:
        return None
    most, seconds = rate_of(rate)
    now = time.time()
    who = account if account and account.startswith("user:") else f"at:{_address(request)}"
    key = f"recommendations:{setting}:{who}:{int(now // seconds)}"
    try:
        return None if _count(key, seconds) <= most else seconds - now % seconds
    except Exception:
        logger.exception("the cache does not count requests, so none is refused")
        return None


def _address(request: Any) -> str | None:
    # Without a known number of proxies the header is whatever the client wrote.
    return BaseThrottle().get_ident(request) if api_settings.NUM_PROXIES else request.META.get("REMOTE_ADDR")


def _count(key: str, seconds: int) -> int:
    """How many requests there were in the window, with this one."""
    if cache.add(key, 1, timeout=2 * seconds):
        return 1
    try:
        return int(cache.incr(key))
    except ValueError:
        # It was thrown out in between: begin again.
        cache.set(key, 1, timeout=2 * seconds)
        return 1
