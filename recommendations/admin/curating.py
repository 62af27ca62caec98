"""Rows that staff own, changed through the service that leaves one entry in the log for each of them."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from recommendations.admin.base import BasketryAdmin
from recommendations.services import curate


class CuratedAdmin(BasketryAdmin):
    """Each row that is added, changed or deleted here, be it in the form or in a line below it, is one entry."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        if not change or form.has_changed():
            curate.keep_edited(obj, user_id=_user_id(request))

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: Any) -> None:
        kept = formset.save(commit=False)
        for row in formset.deleted_objects:
            curate.remove(row, user_id=_user_id(request))
        for row in kept:
            curate.keep_edited(row, user_id=_user_id(request))
        formset.save_m2m()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        curate.remove(obj, user_id=_user_id(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset:
            curate.remove(row, user_id=_user_id(request))

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The service noted it."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The service noted it."""

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """The service noted it."""


class DecidedAdmin(CuratedAdmin):
    """Rows that say who decided, and when."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        obj.decided_by, obj.decided_at = request.user, timezone.now()
        super().save_model(request, obj, form, change)


def _user_id(request: HttpRequest) -> int:
    user: Any = request.user
    return int(user.pk)
