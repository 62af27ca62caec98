"""Placements and what staff pin, boost or hide in them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from recommendations.admin.base import SEARCH_HELP, BasketryAdmin, title_of
from recommendations.models import Fallback, Pin, Placement


class PlacementForm(forms.ModelForm):  # type: ignore[type-arg]
    """The fallback chain as boxes to tick, in the order in which they are asked."""

    fallbacks = forms.MultipleChoiceField(
        label=_("fallback chain"), choices=Fallback, widget=forms.CheckboxSelectMultiple, required=False
    )

    class Meta:
        model = Placement
        fields = ("slug", "title", "strategy", "limit", "fallbacks", "in_stock_only")


class PinInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Pin
    extra = 1
    autocomplete_fields = ("item",)


@admin.register(Placement)
class PlacementAdmin(BasketryAdmin):
    form = PlacementForm
    list_display = ("slug", "title", "strategy", "limit", "chain", "in_stock_only")
    list_filter = ("strategy",)
    search_fields = ("slug", "title")
    exact_fields = ("slug", "title")
    ordering = ("slug",)
    inlines = (PinInline,)

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
