"""Filters beside the list of rules: its version, a product or a category, what was decided, what waits for review."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from recommendations.admin.ranges import NOT_KEPT
from recommendations.models import (
    Artefact,
    ArtefactKind,
    ArtefactStatus,
    Decision,
    LivePointer,
    Rule,
    RuleDecision,
    RuleStatus,
)
from recommendations.selectors.rule_pictures import having
from recommendations.services.item_categories import published_categories

MOST_VERSIONS = 10
MOST_CATEGORIES = 1_000
"""Names that the filter suggests; any other may be typed."""

UNDECIDED = "none"
WAITING = "waiting"
PRODUCT = "product"
LONGEST_ID = 19
SIDES = ("antecedent", "antecedent_2", "antecedent_3", "consequent")


class VersionFilter(admin.SimpleListFilter):
    """The live version unless another one is asked for."""

    title = _("version")
    parameter_name = "version"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        versions = Artefact.objects.filter(kind=ArtefactKind.RULES, status=ArtefactStatus.PUBLISHED).order_by("-id")
        return [(str(version.pk), str(version)) for version in versions[:MOST_VERSIONS]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        version = self.value()
        if version in dict(self.lookup_choices):
            return queryset.filter(artefact=version)
        live = LivePointer.objects.filter(kind=ArtefactKind.RULES).values_list("artefact_id", flat=True).first()
        return queryset.filter(artefact=live)

    def has_output(self) -> bool:
        """Always: without it a version in the making would show before the first one is published."""
        return True

    def choices(self, changelist: Any) -> Iterator[Any]:
        for number, choice in enumerate(super().choices(changelist)):
            yield {**choice, "display": _("live")} if number == 0 else choice


class ProductFilter(admin.SimpleListFilter):
    """Rules with one product, which their list links to; it shows where one is asked for."""

    title = _("product")
    parameter_name = PRODUCT

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        asked = request.GET.get(PRODUCT, "")
        return [(asked, _("rules with this product"))] if asked.isdecimal() and len(asked) < LONGEST_ID else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in dict(self.lookup_choices):
            return queryset
        named = Q()
        for side in SIDES:
            named |= Q(**{side: self.value()})
        return queryset.filter(named)


class DecisionFilter(admin.SimpleListFilter):
    title = _("decision")
    parameter_name = "decision"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [*Decision.choices, (UNDECIDED, _("undecided"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        decided = RuleDecision.objects.values("rule_key")
        if self.value() == UNDECIDED:
            return queryset.exclude(key__in=decided)
        if self.value():
            return queryset.filter(key__in=decided.filter(decision=self.value()))
        return queryset


class HoldFilter(admin.SimpleListFilter):
    title = _("review")
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(WAITING, _("waits for review")), *RuleStatus.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == WAITING:
            return queryset.filter(pk__in=Rule.objects.waiting(timezone.now()).values("pk"))
        return queryset.filter(status=self.value()) if self.value() else queryset


class CategoryFilter(admin.SimpleListFilter):
    """Rules with a product of one category on either side; none for a name that no category has."""

    title = _("category")
    parameter_name = "category"
    template = "admin/recommendations/category_filter.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        self._asked = request.GET.lists()
        self._categories = published_categories()
        names = () if self._categories is None else self._categories.names
        return [(name, name) for name in names if name][:MOST_CATEGORIES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value() or self._categories is None:
            return queryset
        return queryset.filter(having(self._categories.members(str(self.value())), *SIDES))

    def choices(self, changelist: Any) -> Iterator[Any]:
        """The one form, with what else is asked for kept as it is."""
        yield {
            "name": self.parameter_name,
            "asked": self.value() or "",
            "names": [name for name, _label in self.lookup_choices],
            "kept": [
                (name, value)
                for name, values in self._asked
                for value in values
                if name not in (self.parameter_name, *NOT_KEPT)
            ],
            "without": changelist.get_query_string(remove=[self.parameter_name]),
        }
