"""A filter beside a list: a number from and to."""

import math
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import Q, QuerySet
from django.http import HttpRequest

NOT_KEPT = ("p", "e")
"""Parameters that a new filter makes void: the page number and the note that a parameter was wrong."""


class RangeFilter(admin.FieldListFilter):
    """Rows whose number lies within both bounds, each inclusive and each optional; an empty number is infinite."""

    template = "admin/recommendations/range_filter.html"

    def expected_parameters(self) -> list[str | None]:
        return [self._low, self._high]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        low, high = self._bound(self._low), self._bound(self._high)
        if low is not None:
            infinite = Q(**{f"{self.field_path}__isnull": True}) if getattr(self.field, "null", False) else Q()
            queryset = queryset.filter(Q(**{self._low: low}) | infinite)
        if high is not None:
            queryset = queryset.filter(**{self._high: high})
        return queryset

    def choices(self, changelist: Any) -> Iterator[Any]:
        """The one form, with what else is asked for kept as it is."""
        own = (self._low, self._high)
        yield {
            "bounds": [(name, self._text(name)) for name in own],
            "kept": [
                (name, value)
                for name, values in self.request.GET.lists()
                for value in values
                if name not in (*own, *NOT_KEPT)
            ],
            "is_set": any(self._text(name) for name in own),
            "without": changelist.get_query_string(remove=own),
        }

    @property
    def _low(self) -> str:
        return f"{self.field_path}__gte"

    @property
    def _high(self) -> str:
        return f"{self.field_path}__lte"

    def _text(self, name: str) -> str:
        given: Any = self.used_parameters.get(name) or [""]
        return str(given[-1]).strip()

    def _bound(self, name: str) -> float | None:
        text = self._text(name)
        if not text:
            return None
        try:
            number = float(text)
        except ValueError as error:
            raise IncorrectLookupParameters from error
        if not math.isfinite(number):
            raise IncorrectLookupParameters
        return number
