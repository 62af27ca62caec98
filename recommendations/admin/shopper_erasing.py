"""Erasing a shopper from their page: first what would go, in numbers, then the button that does it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from recommendations.admin.base import HIGHEST_ID, BasketryAdmin, Page, sees_persons
from recommendations.models import Shopper
from recommendations.services.erase import MOST_COUNTED, Kept, erase, kept_of

DELETE_SHOPPER = "recommendations.delete_shopper"


def erasing_page(model_admin: BasketryAdmin) -> Page:
    """The page that asks, beside the list of this admin; it needs `see_personal_data` too."""

    def view(request: HttpRequest, shopper_id: int) -> HttpResponse:
        if not sees_persons(request):
            raise PermissionDenied
        known = Shopper.objects.filter(pk=shopper_id, erased_at__isnull=True)
        shopper = known.first() if shopper_id <= HIGHEST_ID else None
        if shopper is None:
            raise Http404("there is no such shopper")
        if request.method == "POST":
            user: Any = request.user
            erase(shopper.key, now=timezone.now(), user_id=user.pk)
            words = gettext("The shopper is erased. What is left of their rows, without a name, goes in some minutes.")
            messages.success(request, words)
            return HttpResponseRedirect(
                reverse("admin:recommendations_shopper_changelist", current_app=model_admin.admin_site.name)
            )
        context = {
            "account": shopper.merged_into,
            "lines": _lines(kept_of(shopper.key)),
            "back_url": model_admin.page_url("person", shopper.pk),
        }
        title = gettext("Erase shopper %(shopper)s?") % {"shopper": shopper}
        return model_admin.render(request, "shopper_erase.html", title=title, context=context)

    return Page("erase", "<int:shopper_id>/erase/", DELETE_SHOPPER, view)


def may_erase(request: HttpRequest) -> bool:
    """Whether the member of staff may erase shoppers."""
    return sees_persons(request) and bool(request.user.has_perm(DELETE_SHOPPER))


def _lines(kept: Kept) -> list[tuple[Any, str]]:
    return [
        (_("Orders, which leave the counts"), _number(kept.orders)),
        (_("Products looked at, searches, clicks"), _number(kept.events)),
        (_("Lists that were on the screen"), _number(kept.impressions)),
        (_("Ratings"), _number(kept.ratings)),
        (_("Devices that became this account"), _number(kept.visitors)),
    ]


def _number(count: int) -> str:
    words = f"{count:,}"
    return gettext("%(count)s or more") % {"count": words} if count == MOST_COUNTED else words
