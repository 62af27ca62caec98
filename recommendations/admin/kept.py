"""Rows that staff own: written by the services, which leave the one entry in the log."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from recommendations.admin.base import BasketryAdmin
from recommendations.services import curate

DECIDE = "recommendations.decide_rule"


def may_decide(request: HttpRequest) -> bool:
    """Whether who asks may decide of rules."""
    user: Any = request.user
    return bool(user.has_perm(DECIDE))


class KeptAdmin(BasketryAdmin):
    """An admin whose changes are `services.curate`'s; the admin itself logs nothing."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        user: Any = request.user
        row = type(obj).objects.get(pk=obj.pk) if change else obj
        wanted = {name: form.cleaned_data[name] for name in form.changed_data if name in form.cleaned_data}
        curate.keep(row, {**wanted, "decided_by": user, "decided_at": timezone.now()}, user_id=user.pk)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        user: Any = request.user
        curate.remove(obj, user_id=user.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset:
            self.delete_model(request, row)

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> None:  # type: ignore[override]
        """The service did."""

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> None:  # type: ignore[override]
        """The service did."""

    def log_deletions(self, request: HttpRequest, queryset: Sequence[Any]) -> None:  # type: ignore[override]
        """The service did."""
