"""What visitors decide: personalisation on or off, and what they do not want to see again."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from recommendations.exceptions import InvalidInput
from recommendations.services import record
from recommendations.services.identify import ensure_shopper_key, set_consent


@require_POST
def personalisation(request: HttpRequest) -> HttpResponse:
    """`state` on or off; back to the page it was sent from."""
    is_on = request.POST.get("state") == "on"
    response = HttpResponseRedirect(_back(request))
    key = ensure_shopper_key(request, response)
    set_consent(shopper_key=key, state="granted" if is_on else "refused", now=timezone.now())
    if is_on:
        messages.success(request, _("Personalisation is on."))
    else:
        messages.success(request, _("Personalisation is off. What was stored of your browsing is deleted."))
    return response


@require_POST
def not_interested(request: HttpRequest) -> HttpResponse:
    """`product` of the list `recommendation` is not suggested any more, from the next page on."""
    response = HttpResponseRedirect(_back(request))
    now = timezone.now()
    given = {
        "event_id": str(uuid.uuid4()),
        "kind": "not_interested",
        "item": request.POST.get("product"),
        "at": now.isoformat(),
        "recommendation": request.POST.get("recommendation"),
    }
    try:
        event = record.BrowseEvent.parse(given)
    except InvalidInput:
        messages.error(request, _("Please choose a product."))
        return response
    (outcome,) = record.events([event], shopper=ensure_shopper_key(request, response), now=now)
    match outcome.status:
        case "recorded":
            messages.success(request, _("Noted. It is not suggested to you any more."))
        case "refused":
            messages.error(request, _("Personalisation is off, so nothing was stored."))
        case _:
            messages.error(request, _("This suggestion is no longer there."))
    return response


def _back(request: HttpRequest) -> str:
    url = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())
    return url if is_ours else reverse("shop:home")
