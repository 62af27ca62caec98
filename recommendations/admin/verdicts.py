"""Why a version may serve or was refused, in the words of whoever reads: told from the figures that decided it."""

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from recommendations.admin.base import table
from recommendations.admin.evaluations import VIEWS
from recommendations.evaluation.gate import Bound
from recommendations.models import Artefact, ArtefactKind, ArtefactStatus

BESIDE: Mapping[str, Any] = {
    "floor": _("most popular"),
    "habit": _("what the shopper buys most of late"),
    "live": _("the version that served then"),
}
"""Whom the gate compares a version with."""


def verdict_of(metrics: Mapping[str, Any]) -> SafeString | str:
    """The gate's verdict in words, with what it was reached on and the differences that it rests on."""
    gate = metrics.get("gate")
    if not gate:
        return "-"
    basis = {
        "first": gettext("There was no version that served."),
        "fresh": gettext("Judged beside version %(version)s on orders that neither had seen."),
        "stored": gettext("Too few orders came since version %(version)s: compared with its stored figures."),
    }.get(gate.get("basis"), "")
    passed = gettext("Passed.") if gate["passed"] else gettext("Refused.")
    rows = [
        (beside, VIEWS.get(view, view), *_difference(Bound.of_json(stored)))
        for name, beside in BESIDE.items()
        for view, stored in gate.get(name, {}).items()
    ]
    headings = (
        _("compared with"),
        _("measured on"),
        _("difference of NDCG@10"),
        _("bounds"),
        _("beyond chance"),
        _("shoppers"),
    )
    return format_html(
        '<p>{} {}</p>{}<div class="basketry-scroll" tabindex="0">{}</div>',
        passed,
        basis % {"version": gate.get("live_version")},
        format_html_join("", "<p>{}</p>", ((one,) for one in grounds(gate))),
        table(headings, rows) if rows else "",
    )


def reason_of(artefact: Artefact) -> str:
    """Why the version was refused; what no figures tell is the store's own message, which is English."""
    metrics, is_refused = artefact.metrics, artefact.status == ArtefactStatus.REFUSED
    if is_refused and artefact.kind == ArtefactKind.NETWORK and not metrics.get("gate", {}).get("passed", True):
        return " ".join(grounds(metrics["gate"]))
    ours, popular = metrics.get("ndcg_20", 0.0), metrics.get("ndcg_20_most_popular", 0.0)
    if is_refused and artefact.kind == ArtefactKind.SESSION and ours < popular:
        words = gettext("What a visitor views next it names worse (%(ours).3f) than most popular does (%(popular).3f).")
        return words % {"ours": ours, "popular": popular}
    return artefact.reason


def grounds(gate: Mapping[str, Any]) -> list[str]:
    """What the gate saw, a sentence each; nothing for one that was not measured."""
    floor, habit, live = (_bounds(gate, name) for name in BESIDE)
    if not floor:
        return []
    better = [view for view, bound in floor.items() if bound.is_better]
    told = [
        gettext("It is better than most popular beyond chance: %(views)s.") % {"views": _views(better)}
        if better
        else gettext("It learnt nothing: beyond chance it is nowhere better than most popular.")
    ]
    worse = {
        name: [view for view, bound in of.items() if bound.is_worse]
        for name, of in zip(BESIDE, (floor, habit, live), strict=True)
    }
    told += [
        gettext("It is worse than %(other)s beyond chance: %(views)s.")
        % {"other": BESIDE[name], "views": _views(views)}
        for name, views in worse.items()
        if views
    ]
    ahead = [view for view, bound in live.items() if bound.is_better]
    if ahead:
        told.append(gettext("It is better than the version that served then: %(views)s.") % {"views": _views(ahead)})
    elif live and not worse["live"]:
        told.append(gettext("Beside the version that served then there is no difference beyond chance."))
    if not gate.get("passed", True) and better and not worse["habit"] and not worse["live"]:
        told.append(gettext("Staff went back to that version, so only a better one may replace it."))
    return told


def _bounds(gate: Mapping[str, Any], name: str) -> dict[str, Bound]:
    return {view: Bound.of_json(stored) for view, stored in gate.get(name, {}).items()}


def _views(views: Iterable[str]) -> str:
    return "; ".join(str(VIEWS.get(view, view)) for view in views)


def _difference(bound: Bound) -> tuple[Any, ...]:
    if not isfinite(bound.low):
        return f"{bound.mean:+.4f}", "-", gettext("too few shoppers to tell"), f"{bound.shoppers:,}"
    told = gettext("better") if bound.is_better else gettext("worse") if bound.is_worse else gettext("no different")
    return f"{bound.mean:+.4f}", f"{bound.low:+.4f}, {bound.high:+.4f}", told, f"{bound.shoppers:,}"
