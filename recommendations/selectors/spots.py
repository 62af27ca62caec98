"""Placements as serving needs them: with what staff pin, boost, hide, promote and ban there at one moment."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import connections, router

from recommendations.data.candidates import Spot
from recommendations.models import Artefact, ArtefactKind, CategoryBan, LivePointer, Pin, PinKind, Placement, Strategy
from recommendations.models.artefacts import SERVING
from recommendations.models.placements import UNBLENDED
from recommendations.plans import planned_once
from recommendations.selectors.held import in_force, moment

FIELDS = (
    "slug",
    "strategy",
    "title",
    "limit",
    "fallbacks",
    "in_stock_only",
    "bought_before",
    "sources",
    "diversity",
    "per_category",
    "per_brand",
    "price_band",
    "promoted_share",
    "explore",
)
"""Fields of a placement that its lists depend on."""


def spots(slugs: Sequence[str], *, now: datetime) -> dict[str, Spot]:
    """The placements of these names with what staff want there at `now`, by name; one statement."""
    connection = connections[router.db_for_read(Placement)]
    at = moment(connection, now)
    with planned_once(connection) as cursor:
        cursor.execute(_statement(len(slugs)), [at, at, *slugs, at, at])
        rows = cursor.fetchall()
    width = len(FIELDS)
    bans = frozenset(row[-2:] for row in rows if row[0] is None)
    by_slug: dict[str, list[Any]] = {}
    for row in rows:
        if row[0] is not None:
            by_slug.setdefault(row[0], []).append(row)
    return {
        slug: _spot(found[0][:width], [row[width:-2] for row in found if row[width] is not None], found[0][-2:], bans)
        for slug, found in by_slug.items()
    }


def changed(spot: Spot, values: Mapping[str, Any]) -> Spot:
    """The placement with these values of all of its fields, and with what staff want there as it is.

    Parameters
    ----------
    values : of each field of `FIELDS`, by name, as the model has them.
    """
    return replace(spot, **_as_served({name: values[name] for name in FIELDS}))


def _statement(slugs: int) -> str:
    """A row for each pin of each placement, one for a placement without a pin; then the bans, as the last columns.

    A placement's last columns are the id of the live network and which of its files serves.
    """
    placement, pin, ban, pointer, artefact = (
        model._meta.db_table for model in (Placement, Pin, CategoryBan, LivePointer, Artefact)
    )
    columns = ", ".join(f'p."{name}"' for name in FIELDS)
    nothing = ", ".join(["NULL"] * (len(FIELDS) + 5))
    return f"""
        SELECT {columns}, w.id, w.item_id, w.kind, w.position, w.factor, CAST(a.id AS text), {SERVING}
        FROM "{placement}" AS p
        LEFT JOIN "{pin}" AS w ON w.placement_id = p.id AND {in_force("w")}
        LEFT JOIN "{pointer}" AS v ON v.kind = '{ArtefactKind.NETWORK}'
        LEFT JOIN "{artefact}" AS a ON a.id = v.artefact_id
        WHERE p.slug IN ({", ".join(["%s"] * slugs)})
        UNION ALL SELECT {nothing}, b.category, b.beside FROM "{ban}" AS b WHERE {in_force("b")}
    """  # noqa: S608 (table names are the models' own)


def _spot(placement: Any, wishes: Iterable[Any], network: Any, bans: frozenset[tuple[str, str]]) -> Spot:
    values = dict(zip(FIELDS, placement, strict=True))
    held = sorted(wishes, key=lambda wish: (wish[3] or 101, wish[0]))

    def of(kind: PinKind, column: int) -> tuple[tuple[int, Any], ...]:
        return tuple((wish[1], wish[column]) for wish in held if wish[2] == kind)

    return Spot(
        **_as_served(values),
        bans=bans,
        vectors=None if network[0] is None else (int(network[0]), network[1]),
        pins=of(PinKind.PIN, 3),
        boosts=of(PinKind.BOOST, 4),
        hides=frozenset(item_id for item_id, _ in of(PinKind.HIDE, 4)),
        promoted=of(PinKind.PROMOTE, 4),
    )


def _as_served(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **values,
        "fallbacks": tuple(_listed(values["fallbacks"])),
        "in_stock_only": bool(values["in_stock_only"]),
        "sources": _sources(values["sources"]),
    }


def _listed(stored: Any) -> list[Any]:
    """A JSON list; what is none is an empty one."""
    value = json.loads(stored) if isinstance(stored, str) else stored
    return value if isinstance(value, list) else []


def _sources(stored: Any) -> tuple[tuple[str, float], ...]:
    """What a blend is made of; the form refuses what is no strategy with a weight, serving passes it over."""
    listed = [one for one in _listed(stored) if isinstance(one, dict)]
    known = [(one.get("strategy"), one.get("weight")) for one in listed]
    return tuple(
        (strategy, float(weight))
        for strategy, weight in known
        if strategy in Strategy.values and strategy not in UNBLENDED and isinstance(weight, int | float) and weight > 0
    )
