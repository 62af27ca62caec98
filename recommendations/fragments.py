"""One list as HTML for the asking shopper, so that the page around it can be cached for everybody."""

import logging
from math import ceil

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.template import Context
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from recommendations.catalogue import get_catalogue
from recommendations.exceptions import InvalidInput, UnknownProduct
from recommendations.models import database
from recommendations.rest import parameters
from recommendations.rest.rates import seconds_to_wait
from recommendations.services import serve
from recommendations.services.identify import shopper_key
from recommendations.templatetags.shelves import BLOCK, Shelf

logger = logging.getLogger(__name__)

ALLOWED = ("strategy", "products", "category", "diversity", "limit", "exclude")


@require_safe
def fragment(request: HttpRequest, placement: str) -> HttpResponse:
    """The block of a placement: `?strategy=NAME&products=KEY&category=KEY&diversity=0..1&limit=1..100&exclude=KEY`.

    `products` and `exclude` may be given several times. Nothing to show is 204; what is asked for wrongly is a 400 or a
    404 that names the parameter, too many requests (`READ_RATE`) a 429; any other failure is logged, and is nothing to
    show.
    """
    try:
        with database.savepoints():
            shopper = shopper_key(request)
            wait = seconds_to_wait("READ_RATE", request, account=shopper)
            response = _too_many(wait) if wait else _block(request, _wanted(request.GET, placement), shopper)
    except InvalidInput as error:
        response = _refusal(str(error), 400)
    except UnknownProduct as error:
        response = _refusal(f"products: {error}", 404)
    except Exception:
        logger.exception("the fragment %s shows nothing", placement)
        response = HttpResponse(status=204)
    patch_cache_control(response, private=True, no_store=True)
    return response


def _wanted(given: QueryDict, placement: str) -> serve.Request:
    parameters.refuse_unknown(given, ALLOWED)
    parameters.refuse_repeated(given, ("strategy", "category", "diversity", "limit"))
    return serve.Request(
        strategy=given.get("strategy", ""),
        products=parameters.keys("products", given.getlist("products")),
        category=given.get("category"),
        diversity=parameters.diversity(str(given["diversity"])) if "diversity" in given else None,
        placement=placement,
        limit=parameters.limit(str(given["limit"])) if "limit" in given else None,
        exclude=parameters.keys("exclude", given.getlist("exclude")),
    )


def _block(request: HttpRequest, wanted: serve.Request, shopper: str | None) -> HttpResponse:
    asked_for = get_catalogue().context(request)
    (answer,) = serve.batch([wanted], context=asked_for, now=timezone.now(), shopper=shopper)
    if not answer.items:
        return HttpResponse(status=204)
    shelf = Shelf(answer, Context(), asked_for)
    return render(request, BLOCK, {"shelf": shelf, "recommendation": answer})


def _too_many(wait: float) -> HttpResponse:
    response = _refusal("too many requests", 429)
    response["Retry-After"] = str(ceil(wait))
    return response


def _refusal(message: str, status: int) -> HttpResponse:
    return HttpResponse(message, status=status, content_type="text/plain; charset=utf-8")
