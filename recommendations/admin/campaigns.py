"""Campaign days that staff leave out of the counts or look at apart."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext

from recommendations.admin.curating import CuratedAdmin
from recommendations.models import CampaignPeriod
from recommendations.services.fold import recount_if_outdated


@admin.register(CampaignPeriod)
class CampaignPeriodAdmin(CuratedAdmin):
    list_display = ("name", "starts_on", "ends_on", "mode")
    list_filter = ("mode",)
    search_fields = ("name",)
    ordering = ("-starts_on", "-id")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Campaigns are few: any part of a name finds them."""
        words = search_term.strip().replace("\x00", "")
        return queryset.filter(Q(name__icontains=words)), False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        super().save_model(request, obj, form, change)
        _recount(request)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        _recount(request)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        super().delete_queryset(request, queryset)
        _recount(request)


def _recount(request: HttpRequest) -> None:
    """Where other days are left out than before, the counts follow by a recount."""
    if recount_if_outdated(requested_by=request.user.get_username()):
        messages.info(request, gettext("A recount is requested; the counts follow when it is done."))
