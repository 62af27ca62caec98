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

    _left = 0.0

    def allow_request(self, request: Request, view: Any) -> bool:
        rate = getattr(settings, view.rate)
        if rate is None:
            return True
        most, seconds = rate_of(rate)
        now = time.time()
        self._left = seconds - now % seconds
        key = f"recommendations:{view.rate}:{self._who(request, view)}:{int(now // seconds)}"
        try:
            return _count(key, seconds) <= most
        except Exception:
            logger.exception("the cache does not count requests, so none is refused")
            return True

    def wait(self) -> float:
        """Seconds until the next window begins."""
        return self._left

    def _who(self, request: Request, view: Any) -> str:
        """The account, or the address: a visitor's cookie costs nothing, so another one makes no other client."""
        account = getattr(view, "shopper", None) or (f"user:{request.user.pk}" if request.user.is_authenticated else "")
        if account.startswith("user:"):
            return account
        # Without a known number of proxies the header is whatever the client wrote.
        return f"at:{self.get_ident(request) if api_settings.NUM_PROXIES else request.META.get('REMOTE_ADDR')}"


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
