"""Pages beside a placement: what it shows now, two settings side by side, and a search of products."""

import copy
import uuid
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from recommendations.admin.asking_form import AskingForm
from recommendations.admin.base import BasketryAdmin
from recommendations.admin.placement_forms import SettingsForm
from recommendations.admin.previewing import compared, shown
from recommendations.models import Placement
from recommendations.services import curate
from recommendations.services.titles import context_of, find_products

CHANGE = "recommendations.change_placement"
MOST_SUGGESTED = 20


@dataclass(frozen=True, slots=True)
class PlacementPages:
    """The views of the pages; none of them writes but `save`, which keeps what was tried."""

    admin: BasketryAdmin

    def preview(self, request: HttpRequest, placement_id: int) -> HttpResponse:
        """The list of one placement, for what the form asks."""
        placement = get_object_or_404(Placement, pk=placement_id)
        form = self._asking(request, request.GET)
        found = None
        if form.is_valid():
            found = shown(placement, name=str(placement), asked=form.asked(), now=timezone.now())
        heading = gettext(placement.title) if placement.title else placement.slug
        context = {"form": form, "heading": heading, "list": found, **self._urls(placement)}
        title = gettext("Preview of %(placement)s") % {"placement": placement}
        return self.admin.render(request, "placement_preview.html", title=title, context=context)

    def compare(self, request: HttpRequest, placement_id: int) -> HttpResponse:
        """The placement as it is saved beside its settings as they are edited, or beside another placement."""
        placement = get_object_or_404(Placement, pk=placement_id)
        data = request.POST if request.method == "POST" else request.GET
        asking = self._asking(request, data)
        others = list(Placement.objects.exclude(pk=placement.pk).order_by("slug"))
        other = next((one for one in others if one.slug == data.get("other")), None)
        edited = SettingsForm(data if "strategy" in data else None, instance=copy.copy(placement))
        is_tried = other is None and edited.is_bound
        valid = not is_tried or edited.is_valid()
        if "keep" in request.POST and is_tried and valid:
            return self._keep(request, edited.instance)
        lists: tuple[Any, ...] = ()
        difference = None
        if asking.is_valid() and valid:
            draw, now, asked = uuid.uuid4(), timezone.now(), asking.asked()
            beside = other or edited.instance
            name = str(other) if other else gettext("as edited, not saved") if is_tried else gettext("as edited")
            first = shown(placement, name=gettext("as saved"), asked=asked, now=now, drawn_by=draw)
            second = shown(beside, name=name, asked=asked, now=now, drawn_by=draw)
            second, difference = compared(first, second)
            lists = (first, second)
        context = {
            "form": asking,
            "edited": edited,
            "is_tried": is_tried,
            "other": other,
            "others": others,
            "placement": placement,
            "lists": lists,
            "difference": difference,
            "may_keep": request.user.has_perm(CHANGE),
            **self._urls(placement),
        }
        title = gettext("Compare settings of %(placement)s") % {"placement": placement}
        return self.admin.render(request, "placement_compare.html", title=title, context=context)

    def products(self, request: HttpRequest) -> HttpResponse:
        """What the shop finds by some words, for the lines that name products."""
        words = request.GET.get("words", "").strip().replace("\x00", "")[:200]
        found = find_products(words, context_of(request)) if words else {}
        results = [{"key": key, "title": title} for key, title in islice(found.items(), MOST_SUGGESTED)]
        return JsonResponse({"results": results})

    def _keep(self, request: HttpRequest, edited: Placement) -> HttpResponse:
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied
        user: Any = request.user
        curate.keep_edited(edited, user_id=user.pk)
        words = gettext("%(placement)s is saved with these settings.") % {"placement": edited}
        self.admin.message_user(request, words, messages.SUCCESS)
        return HttpResponseRedirect(self.admin.page_url("preview", edited.pk))

    def _asking(self, request: HttpRequest, data: Any) -> AskingForm:
        return AskingForm(request, data, suggestions=self.admin.page_url("products"))

    def _urls(self, placement: Placement) -> dict[str, str]:
        change = reverse(
            "admin:recommendations_placement_change", args=[placement.pk], current_app=self.admin.admin_site.name
        )
        return {
            "change_url": change,
            "preview_url": self.admin.page_url("preview", placement.pk),
            "compare_url": self.admin.page_url("compare", placement.pk),
        }
