"""Answers that change seldom: told again only where they changed since the asker last had them."""

from typing import Any

from django.http import HttpResponse
from django.utils.cache import get_conditional_response, set_response_etag
from rest_framework.request import Request
from rest_framework.response import Response

from recommendations.rest.base import TrustedView


class SeldomChangedView(TrustedView):
    """Base of the views whose GET has an ETag: a browser may keep the answer, and asks each time whether it holds.

    Who may not see it gets no 304 either: rights are looked at first.
    """

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        if is_told(request, response):
            response["Cache-Control"] = "private, no-cache"
            with_etag(request, response)
        return response


def is_told(request: Request, response: Response) -> bool:
    """Whether this is what was asked for, no error and no change of it."""
    return request.method == "GET" and response.status_code == 200


def with_etag(request: Request, response: Response) -> None:
    """Once its bytes are known, the answer gets their ETag, or becomes a 304 where the asker has them."""

    def settled(rendered: HttpResponse) -> HttpResponse | None:
        etag = set_response_etag(rendered)["ETag"]
        return get_conditional_response(request._request, etag=etag, response=rendered)

    response.add_post_render_callback(settled)
