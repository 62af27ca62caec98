"""Bring a new network before the gate: which orders it is judged on, and beside what (see docs/decisions)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from recommendations import store
from recommendations.data.histories import Histories
from recommendations.evaluation.gate import Bound, Scores, Verdict, judge, paired, unpaired
from recommendations.evaluation.table import Table
from recommendations.evaluation.views import View, Window, before
from recommendations.models import ArtefactKind

LEAST_FRESH = 50
"""Shoppers who came back since the live version's last order, from which on it is judged on what it never saw."""

OURS, LIVE, FLOOR, HABIT = "ours", "live", "most_popular", "personal_frequency_decayed"
"""Names in the table of what is compared."""

FLOOR_VIEWS = (View.WINDOW, View.NEW_ITEMS)
HABIT_VIEWS = (View.NEXT_BASKET, View.WINDOW)
LIVE_VIEWS = (View.NEXT_BASKET, View.WINDOW, View.NEW_ITEMS)


class Basis(StrEnum):
    """How the live version is compared: there is none, on orders that it never saw, by its own stored figures."""

    FIRST = "first"
    FRESH = "fresh"
    STORED = "stored"


@dataclass(frozen=True, slots=True)
class Plan:
    """The window of judgement: `cut` in days since the epoch, and how the live version is compared on it."""

    cut: float
    basis: Basis


def plan(histories: Histories, live: store.Loaded | None, *, held_out: float) -> Plan:
    """Choose the newest window that is honest for both: the latest `held_out` (0..1) of the purchases, or less.

    Where the live version learnt from a part of them, the window begins after its last order, as long as enough
    shoppers came back since; else the window stays and the live version's stored figures stand for it.
    """
    cut = float(np.quantile(histories.days, 1 - held_out)) if len(histories.days) else 0.0
    if live is None:
        return Plan(cut, Basis.FIRST)
    until = live.metrics.get("trained_until")
    if not isinstance(until, int | float):
        return Plan(cut, Basis.STORED)
    unseen = np.nextafter(float(until), np.inf)
    if unseen <= cut:
        return Plan(cut, Basis.FRESH)
    earlier = np.diff(before(histories, unseen).offsets) > 0
    came_back = np.unique(histories.shoppers[histories.days >= unseen])
    if int(earlier[came_back].sum()) >= LEAST_FRESH:
        return Plan(unseen, Basis.FRESH)
    return Plan(cut, Basis.STORED)


def window_of(histories: Histories, chosen: Plan) -> Window:
    """Everything since the plan's cut."""
    last = float(histories.days.max(initial=chosen.cut))
    return Window.of(histories, cut=chosen.cut, days=last - chosen.cut + 1.0)


def decide(
    measured: Table,
    chosen: Plan,
    live: store.Loaded | None,
    *,
    overrule_roll_back: bool = False,
) -> Verdict:
    """The verdict on what the table measured.

    Parameters
    ----------
    overrule_roll_back : publish what is as good as the version that staff went back to.
    """

    def ahead_of(other: str, views: tuple[View, ...]) -> dict[str, Bound]:
        return paired(_views(measured, OURS, views), _views(measured, other, views))

    lead = ahead_of(FLOOR, LIVE_VIEWS)
    against: Mapping[str, Bound] | None = None
    if chosen.basis == Basis.FRESH:
        against = ahead_of(LIVE, LIVE_VIEWS)
    elif chosen.basis == Basis.STORED and live is not None:
        against = unpaired(lead, _stored_lead(live.metrics)) or None
    verdict = judge(
        floor=ahead_of(FLOOR, FLOOR_VIEWS),
        habit=ahead_of(HABIT, HABIT_VIEWS),
        live=against,
        must_win=store.is_rolled_back(ArtefactKind.NETWORK) and not overrule_roll_back,
    )
    figures = {
        **verdict.figures,
        "lead": {view: bound.as_json() for view, bound in lead.items()},
        "basis": chosen.basis.value,
        "live_version": live.artefact_id if live is not None else None,
    }
    return Verdict(verdict.passed, verdict.reason, figures)


def _views(measured: Table, recommender: str, views: tuple[View, ...]) -> Scores:
    of = measured.ndcg.get(recommender, {})
    return {view.value: of[view.value] for view in views if view.value in of}


def _stored_lead(metrics: Mapping[str, Any]) -> dict[str, Bound]:
    """The lead over most popular that a version had when it was judged; empty for one of before there was a gate."""
    gate = metrics.get("gate")
    lead = gate.get("lead") if isinstance(gate, Mapping) else None
    return {view: Bound.of_json(stored) for view, stored in (lead or {}).items()}
