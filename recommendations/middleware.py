"""Puts `request.shopper_key` on each request: who is asking, by account or cookie."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from recommendations.services.identify import shopper_key


class ShopperMiddleware:
    """Place it after AuthenticationMiddleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.shopper_key = shopper_key(request)  # type: ignore[attr-defined]
        return self.get_response(request)
