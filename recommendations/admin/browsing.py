"""What shoppers looked at and how they rated it."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from recommendations.admin.base import PersonalAdmin, title_of
from recommendations.models import BrowseLog, Rating

HELP = _("Search by product key, words of a title, or the whole shopper key.")


@admin.register(BrowseLog)
class BrowseLogAdmin(PersonalAdmin):
    list_display = ("at", "kind", "title", "query", "shopper", "dwell_seconds", "channel")
    list_filter = ("kind", "at", "clamped", ("recommendation", admin.EmptyFieldListFilter))
    list_select_related = ("shopper", "item")
    search_fields = ("event_id",)
    search_help_text = HELP
    exact_fields = ("event_id", "recommendation")
    item_fields = ("item",)
    shopper_fields = ("shopper",)
    ordering = ("-id",)
    sortable_by = ()

    title = title_of("item", _("title"))


@admin.register(Rating)
class RatingAdmin(PersonalAdmin):
    list_display = ("title", "stars", "shopper", "rated_at")
    list_filter = ("stars",)
    list_select_related = ("shopper", "item")
    search_fields = ("id",)
    search_help_text = HELP
    item_fields = ("item",)
    shopper_fields = ("shopper",)
    ordering = ("-id",)
    sortable_by = ()

    title = title_of("item", _("title"))
