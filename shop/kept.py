"""Querysets over SKUs that are put together and turned into SQL once: asking them takes less time than making them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import connections
from django.db.models import QuerySet

from recommendations.catalogue import planned_once

PutTogether = Callable[..., "QuerySet[Any, Any]"]

STEP = 8
"""SKUs are asked for by as many at a time as a multiple of this, so that there are few texts."""


def rows_of(put_together: PutTogether, skus: Sequence[str], *about: Any) -> list[tuple[Any, ...]]:
    """The rows of a queryset of values.

    Parameters
    ----------
    put_together : makes it of SKUs and of `about`, hashable values; each SKU stands in it once, as a parameter.
    """
    if not skus:
        return []
    size = -(-len(skus) // STEP) * STEP
    kept = _kept(put_together, size, about)
    return kept.rows([*skus, *[skus[-1]] * (size - len(skus))])


@dataclass(frozen=True, slots=True)
class Kept:
    """A statement: its text, its parameters, where among them the SKUs stand, and what knows how to read its rows."""

    alias: str
    text: str
    parameters: tuple[Any, ...]
    places: tuple[int, ...]
    compiler: Any
    converters: Any

    def rows(self, skus: Sequence[str]) -> list[tuple[Any, ...]]:
        parameters = list(self.parameters)
        for place, sku in zip(self.places, skus, strict=True):
            parameters[place] = sku
        with planned_once(connections[self.alias]) as cursor:
            cursor.execute(self.text, parameters)
            found = cursor.fetchall()
        return [tuple(row) for row in self.compiler.apply_converters(found, self.converters)]


@lru_cache(maxsize=128)
def _kept(put_together: PutTogether, size: int, about: tuple[Any, ...]) -> Kept:
    stands_for = [f"sku {number}" for number in range(size)]
    rows = put_together(stands_for, *about)
    compiler = rows.query.get_compiler(rows.db)
    text, parameters = compiler.as_sql()
    places = tuple(parameters.index(one) for one in stands_for)
    converters = compiler.get_converters([expression for expression, _, _ in compiler.select])
    return Kept(rows.db, text, tuple(parameters), places, compiler, converters)
