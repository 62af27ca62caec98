"""Placements, what staff pin, boost, hide or promote in them, and the categories that they keep apart."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from recommendations.admin.base import SEARCH_HELP, BasketryAdmin, Page, title_of
from recommendations.admin.dashboard import dashboard, recompute
from recommendations.catalogue import Context
from recommendations.models import CategoryBan, Fallback, Pin, Placement
from recommendations.services.titles import titles


class PlacementForm(forms.ModelForm):  # type: ignore[type-arg]
    """The fallback chain as boxes to tick, in the order in which they are asked."""

    fallbacks = forms.MultipleChoiceField(
        label=_("fallback chain"), choices=Fallback, widget=forms.CheckboxSelectMultiple, required=False
    )

    class Meta:
        model = Placement
        fields = (
            "slug",
            "title",
            "strategy",
            "sources",
            "limit",
            "fallbacks",
            "in_stock_only",
            "bought_before",
            "diversity",
            "per_category",
            "per_brand",
            "price_band",
            "promoted_share",
            "explore",
        )


class TitledPins(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """A placement's pins, which know their products' titles; the shop is asked once for all of them."""

    @cached_property
    def _pins(self) -> QuerySet[Pin]:
        pins = super().get_queryset()
        found = titles((pin.item_id for pin in pins), Context(language=get_language() or ""))
        for pin in pins:
            pin.__dict__["titles"] = found
        return pins

    def get_queryset(self) -> QuerySet[Pin]:
        return self._pins


class PinInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Pin
    formset = TitledPins
    extra = 1
    autocomplete_fields = ("item",)
    fields = ("item", "title", "kind", "position", "factor", "starts_at", "ends_at")
    readonly_fields = ("title",)

    title = title_of("item", _("title"))


@admin.register(Placement)
class PlacementAdmin(BasketryAdmin):
    form = PlacementForm
    list_display = ("slug", "title", "strategy", "limit", "chain", "in_stock_only", "explore")
    list_filter = ("strategy",)
    search_fields = ("slug", "title")
    ordering = ("slug",)
    inlines = (PinInline,)

    def pages(self) -> Sequence[Page]:
        looks = "recommendations.view_impression"
        return (
            Page("dashboard", "dashboard/", looks, partial(dashboard, self), _("Dashboard")),
            Page("recompute", "dashboard/recompute/", "recommendations.run_jobrun", partial(recompute, self)),
        )

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


@admin.register(Pin)
class PinAdmin(BasketryAdmin):
    list_display = ("title", "kind", "placement", "position", "factor", "starts_at", "ends_at")
    list_filter = ("kind", "placement")
    list_select_related = ("placement", "item")
    autocomplete_fields = ("placement", "item")
    search_fields = ("id",)
    search_help_text = SEARCH_HELP
    item_fields = ("item",)
    ordering = ("placement__slug", "position", "id")

    title = title_of("item", _("title"))


@admin.register(CategoryBan)
class CategoryBanAdmin(BasketryAdmin):
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

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        obj.decided_by = request.user
        super().save_model(request, obj, form, change)
