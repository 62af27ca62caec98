"""One shopper as serving needs them, in one statement: what they decided, bought and did, and which versions serve."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from recommendations.conf import settings
from recommendations.data.histories import MOST_PURCHASES, History
from recommendations.data.sequences import Recent, latest
from recommendations.models import (
    Artefact,
    BrowseLog,
    EventKind,
    LivePointer,
    Order,
    OrderLine,
    Shopper,
    database,
)
from recommendations.models.artefacts import SERVING
from recommendations.plans import planned_once
from recommendations.selectors.browsing import KINDS, events_of
from recommendations.selectors.held import moment
from recommendations.selectors.histories import DAY, is_bought

MOST_EVENTS = 50


@dataclass(frozen=True, slots=True)
class Person:
    """What is stored of a shopper; whether it may be used is for the caller to decide by `consent`.

    Parameters
    ----------
    consent : what they decided; None for one without a row.
    history : their latest purchases.
    events : what they browsed last; `viewed` the item ids of the views among it, the latest first, glances too.
    live : id and serving file of the live version of each kind of artefact.
    """

    consent: str | None
    history: History
    events: Recent
    viewed: tuple[int, ...]
    live: Mapping[str, tuple[int, str]]


def person(shopper_key: str, *, since: datetime | None = None, most: int = MOST_EVENTS) -> Person:
    """A shopper by key, an anonymous one as the account that they became; read where consent is written.

    Parameters
    ----------
    since, most : from when on events are read, and how many, the latest ones; None: none are.
    """
    connection = database.connection()
    parameters: list[Any] = [shopper_key, MOST_PURCHASES]
    statement = _person()
    if since is not None:
        statement += _EVENTS
        parameters += [moment(connection, since), most]
    with planned_once(connection) as cursor:
        cursor.execute(statement, parameters)
        rows = cursor.fetchall()
    done = sorted(((_time(row[4]), row) for row in rows if row[0] == 2), key=lambda one: (one[0], one[1][2]))
    return Person(
        consent=next((row[5] for row in rows if row[0] == 0), None),
        history=_history([row for row in rows if row[0] == 1]),
        events=_events(done, most),
        viewed=tuple(dict.fromkeys(row[1] for _, row in reversed(done) if row[5] == EventKind.VIEW)),
        live={row[5]: (row[1], row[4]) for row in rows if row[0] == 3},
    )


_SHOPPER, _ORDER, _LINE, _LOG, _POINTER, _ARTEFACT = (
    model._meta.db_table for model in (Shopper, Order, OrderLine, BrowseLog, LivePointer, Artefact)
)

_NO_AMOUNT = "CAST(NULL AS double precision)"

_EVENTS = f"""
    UNION ALL SELECT 2, item_id, id, 0, CAST(at AS text), kind, dwell_seconds FROM (
        SELECT item_id, id, at, kind, dwell_seconds FROM "{_LOG}"
        WHERE shopper_id = (SELECT id FROM person) AND at >= %s AND NOT clamped
            AND kind IN ({", ".join(f"'{EventKind(kind).value}'" for kind in KINDS)})
        ORDER BY at DESC, id DESC LIMIT %s
    ) AS done
"""  # noqa: S608


def _person() -> str:
    return f"""
    WITH person AS (
        SELECT COALESCE(s.merged_into_id, s.id) AS id, COALESCE(a.consent, s.consent) AS consent
        FROM "{_SHOPPER}" AS s LEFT JOIN "{_SHOPPER}" AS a ON a.id = s.merged_into_id WHERE s.key = %s
    )
    SELECT 0, 0, 0, 0, '', consent, {_NO_AMOUNT} FROM person
    UNION ALL SELECT 3, a.id, 0, 0, {SERVING}, v.kind, {_NO_AMOUNT}
        FROM "{_POINTER}" AS v JOIN "{_ARTEFACT}" AS a ON a.id = v.artefact_id
    UNION ALL SELECT 1, item_id, order_id, number, CAST(placed_at AS text), '', {_NO_AMOUNT} FROM (
        SELECT l.item_id, l.order_id, l.number, o.placed_at
        FROM "{_ORDER}" AS o JOIN "{_LINE}" AS l ON l.order_id = o.id
        WHERE o.shopper_id = (SELECT id FROM person) AND {is_bought("o", "l")}
        ORDER BY o.placed_at DESC, o.id DESC, l.number LIMIT %s
    ) AS bought
    """  # noqa: S608 (table names are the models' own)


def _history(rows: Sequence[Any]) -> History:
    """Oldest first, each item of an order once."""
    told = sorted((_time(row[4]), row[2], -row[3], row[1]) for row in rows)
    distinct = list({(order, item): at for at, order, _, item in reversed(told)}.items())[::-1]
    return History(
        item_ids=np.array([item for (_, item), _ in distinct], dtype=np.int64),
        days=np.array([at.timestamp() / DAY for _, at in distinct], dtype=np.float64),
        orders=np.array([order for (order, _), _ in distinct], dtype=np.int64),
    )


def _events(done: Sequence[tuple[datetime, Any]], most: int) -> Recent:
    read = events_of((0, row[1], at, KINDS[EventKind(row[5])], row[6]) for at, row in reversed(done))
    return latest(read, least_dwell=settings.MIN_DWELL_SECONDS, most=most)


def _time(text: str) -> datetime:
    """A moment as both databases spell it; without an offset it is UTC."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
