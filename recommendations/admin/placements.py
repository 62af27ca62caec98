"""Placements, what staff pin, boost, hide or promote in them, and the categories that they keep apart."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from recommendations.admin.base import RUN_JOBS, SEARCH_HELP, Page, title_of
from recommendations.admin.curating import CuratedAdmin, DecidedAdmin
from recommendations.admin.dashboard import dashboard, recompute
from recommendations.admin.placement_forms import BanForm, PinForm, PlacementForm
from recommendations.admin.placement_pages import PlacementPages
from recommendations.admin.product_cell import product
from recommendations.catalogue import Context
from recommendations.models import CategoryBan, Fallback, Pin, Placement
from recommendations.services.titles import facts_of

LOOK = "recommendations.view_placement"
EARNED = "recommendations.view_impression"


class FactualPins(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """A placement's pins, with what the shop says of their products; it is asked once for all of them."""

    @cached_property
    def _pins(self) -> QuerySet[Pin]:
        pins = super().get_queryset().select_related("item")
        facts = facts_of((pin.item_id for pin in pins), Context(language=get_language() or ""))
        for pin in pins:
            pin.__dict__["facts"] = facts.get(pin.item_id)
        return pins

    def get_queryset(self) -> QuerySet[Pin]:
        return self._pins


class PinInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Pin
    form = PinForm
    formset = FactualPins
    extra = 1
    autocomplete_fields = ("item",)
    fields = ("item", "facts", "kind", "position", "factor", "starts_at", "ends_at", "period")
    readonly_fields = ("facts",)

    @admin.display(description=_("product"))
    def facts(self, pin: Any) -> SafeString | str:
        """Picture, title, price and stock as the shop has them now."""
        facts = getattr(pin, "facts", None)
        if facts is None:
            return gettext("the shop does not know it any more") if pin.pk else "-"
        return product(facts, now=timezone.now())


@admin.register(Placement)
class PlacementAdmin(CuratedAdmin):
    form = PlacementForm
    list_display = ("slug", "title", "strategy", "limit", "chain", "in_stock_only", "explore", "look")
    list_filter = ("strategy",)
    search_fields = ("slug", "title")
    ordering = ("slug",)
    inlines = (PinInline,)
    fieldsets = (
        (None, {"fields": ("slug", "title", "strategy", "sources", "limit", "fallbacks")}),
        (_("Who and what is left out"), {"fields": ("in_stock_only", "bought_before", "price_band")}),
        (_("Variety"), {"fields": ("diversity", ("per_category", "per_brand"))}),
        (_("Sponsored and new products"), {"fields": ("promoted_share", "explore")}),
    )

    class Media:
        css = {"all": ("recommendations/placements.css",)}

    def pages(self) -> Sequence[Page]:
        views = PlacementPages(self)
        return [
            Page("dashboard", "dashboard/", EARNED, partial(dashboard, self), _("Dashboard")),
            Page("recompute", "dashboard/recompute/", RUN_JOBS, partial(recompute, self)),
            Page("preview", "<int:placement_id>/preview/", LOOK, views.preview),
            Page("compare", "<int:placement_id>/compare/", LOOK, views.compare),
            Page("products", "products/", LOOK, views.products),
        ]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Placements are few: any part of a name finds them."""
        words = search_term.strip().replace("\x00", "")
        return queryset.filter(Q(slug__icontains=words) | Q(title__icontains=words)), False

    @admin.display(description=_("fallback chain"))
    def chain(self, placement: Any) -> str:
        words = dict(Fallback.choices)
        return ", ".join(str(words.get(name, name)) for name in placement.fallbacks)

    @admin.display(description=_("look"))
    def look(self, placement: Any) -> SafeString:
        return format_html('<a href="{}">{}</a>', self.page_url("preview", placement.pk), gettext("preview"))


@admin.register(Pin)
class PinAdmin(CuratedAdmin):
    form = PinForm
    list_display = ("title", "kind", "placement", "position", "factor", "starts_at", "ends_at")
    list_filter = ("kind", "placement")
    list_select_related = ("placement", "item")
    autocomplete_fields = ("placement", "item")
    fields = ("placement", "item", "kind", "position", "factor", ("starts_at", "ends_at", "period"))
    search_fields = ("id",)
    search_help_text = SEARCH_HELP
    item_fields = ("item",)
    ordering = ("placement__slug", "position", "id")

    title = title_of("item", _("title"))


@admin.register(CategoryBan)
class CategoryBanAdmin(DecidedAdmin):
    form = BanForm
    list_display = ("category", "beside", "starts_at", "ends_at", "decided_by", "decided_at", "note")
    list_select_related = ("decided_by",)
    fields = (("category", "beside"), ("starts_at", "ends_at"), "note", ("decided_by", "decided_at"))
    readonly_fields = ("decided_by", "decided_at")
    search_fields = ("category", "beside")
    ordering = ("category", "beside")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Bans are few: any part of a category's key finds them."""
        words = search_term.strip().replace("\x00", "")
        return queryset.filter(Q(category__icontains=words) | Q(beside__icontains=words)), False
