"""One shopper's page: what they decided, what they were shown and did, and what they would be shown now."""

import logging
from collections.abc import Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from recommendations.admin.base import HIGHEST_ID, SEE_PERSONAL_DATA, BasketryAdmin, Page
from recommendations.admin.list_words import REMOVALS, SOURCES
from recommendations.admin.shopper_erasing import may_erase
from recommendations.admin.shopper_parts import PARTS, devices_of
from recommendations.models import Consent, Shopper, Strategy, database
from recommendations.services import audit, serve
from recommendations.services.titles import context_of, shown

logger = logging.getLogger(__name__)

NOW = "now"
MOST_LEFT_OUT = 20


def shopper_page(model_admin: BasketryAdmin) -> Page:
    """The page, beside the list of this admin."""

    def view(request: HttpRequest, shopper_id: int) -> HttpResponse:
        shoppers = Shopper.objects.filter(erased_at__isnull=True).select_related("user", "merged_into")
        shopper = shoppers.filter(pk=shopper_id).first() if shopper_id <= HIGHEST_ID else None
        if shopper is None:
            raise Http404("there is no such shopper")
        user: Any = request.user
        audit.note_look(shopper, user_id=user.pk, now=timezone.now())
        name = request.GET.get("part", "shown")
        name = name if name in {*PARTS, NOW} else "shown"
        context = {
            "shopper": shopper,
            "login": shopper.user or _account_of(shopper),
            "is_refused": shopper.consent == Consent.REFUSED,
            "devices": devices_of(shopper),
            "part": name,
            "parts": [("now", _("Would be shown now")), *((part, words) for part, (words, _read) in PARTS.items())],
            "may_see_orders": user.has_perm("recommendations.view_order"),
            "erase_url": may_erase(request) and model_admin.page_url("erase", shopper.pk),
            "merged_url": shopper.merged_into and model_admin.page_url("person", shopper.merged_into.pk),
            **(_now(request, shopper) if name == NOW else _part(request, shopper, name)),
        }
        title = gettext("Shopper %(shopper)s") % {"shopper": shopper}
        return model_admin.render(request, "shopper.html", title=title, context=context)

    return Page("person", "<int:shopper_id>/person/", SEE_PERSONAL_DATA, view)


def _account_of(shopper: Shopper) -> Any:
    """The account that the key names: orders name it before anybody logs in. None where there is none."""
    kind, _colon, pk = shopper.key.partition(":")
    try:
        return get_user_model()._default_manager.filter(pk=pk).first() if kind == "user" else None
    except (ValueError, ValidationError, OverflowError):
        return None


def _part(request: HttpRequest, shopper: Shopper, name: str) -> Mapping[str, Any]:
    _words, read = PARTS[name]
    before = request.GET.get("before", "")
    part = read(shopper, min(int(before), HIGHEST_ID) if before.isascii() and before.isdecimal() else None)
    found = shown({product.id for product in part.products}, context_of(request))
    for product in part.products:
        one = found.get(product.id)
        product.title = one.title if one else str(product.id)
        product.image = one.facts.image if one and one.facts else ""
    return {"rows": part.rows, "older": f"?part={name}&before={part.older}" if part.older else ""}


def _now(request: HttpRequest, shopper: Shopper) -> Mapping[str, Any]:
    """What "for you" gives this shopper at this moment, with why; and what was left out of it, with why not."""
    wanted = serve.Request(strategy=Strategy.FOR_YOU, explained=True)
    try:
        with database.savepoints():
            (answer,) = serve.batch([wanted], context=context_of(request), now=timezone.now(), shopper=shopper.key)
    except Exception:
        logger.exception("the catalogue gave no answer, so there is no list")
        return {"is_broken": True}
    left_out = [(one, one.removed) for one in answer.considered if one.removed is not None][:MOST_LEFT_OUT]
    return {
        "answer": answer,
        "cards": [{"of": one, "source": SOURCES.get(one.source, one.source)} for one in answer.items],
        "left_out": [
            (one.title or one.item, SOURCES.get(one.source, one.source), REMOVALS.get(why, why))
            for one, why in left_out
        ],
    }
