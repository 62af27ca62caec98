"""What a version of the network was measured to be worth: a table, the course of its training, the gate's verdict."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from math import isfinite
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from recommendations.admin.base import table
from recommendations.evaluation.gate import Bound
from recommendations.services.evaluate import Curves, Figure, Line, curves, lines

VIEWS: Mapping[str, Any] = {
    "next_basket": _("next basket"),
    "window": _("everything bought in the window"),
    "new_items": _("what they had never bought before"),
    "next_basket_new": _("next basket, never bought before"),
    "repeats": _("of the window, what they had bought before"),
    "new": _("of the window, what was new to them"),
    "cold_items": _("of the window, items that nobody had bought"),
    "cold_shoppers": _("shoppers without a purchase before"),
}

RECOMMENDERS: Mapping[str, Any] = {
    "ours": _("this version, as it serves"),
    "network": _("what it learnt alone"),
    "live": _("the version that served then"),
    "most_popular": _("most popular"),
    "recent_popular": _("most popular of late"),
    "personal_frequency": _("what the shopper buys most"),
    "personal_frequency_decayed": _("what the shopper buys most of late"),
}

BESIDE: Mapping[str, Any] = {"floor": _("most popular"), "live": _("the version that served then")}
"""Whom the gate compares a version with."""

COLUMNS: Mapping[str, Any] = {
    "ndcg_5": "NDCG@5",
    "ndcg_10": "NDCG@10",
    "ndcg_20": "NDCG@20",
    "recall_10": _("recall@10"),
    "precision_10": _("precision@10"),
    "hit_rate_10": _("hit rate@10"),
    "mrr_10": "MRR@10",
    "coverage_10": _("coverage@10"),
    "gini_10": _("Gini@10"),
    "novelty_10": _("novelty@10"),
    "diversity_10": _("diversity@10"),
}

WIDTH, HEIGHT, EDGE = 520, 200, 44


OPEN = "window"
"""The view that the page shows unfolded."""


def table_of(metrics: Mapping[str, Any]) -> SafeString | str:
    """A table for each view, a row a recommender; figures with the ends of their interval."""
    found = [(view, list(rows)) for view, rows in groupby(lines(metrics), key=lambda line: line.view)]
    if not found:
        return "-"
    note = gettext(
        "Orders after one moment in time are guessed from those before; the whole catalogue is ranked. Below a "
        "figure: its 95 percent interval over shoppers."
    )
    return format_html(
        '<div style="max-width: min(65vw, 44rem)"><p>{}</p>{}</div>',
        note,
        format_html_join("", "{}", ((_view(*one),) for one in found)),
    )


def _view(view: str, rows: Sequence[Line]) -> SafeString:
    metrics = [metric for metric in COLUMNS if any(metric in line.figures for line in rows)]
    shoppers = ngettext("%(shoppers)s shopper", "%(shoppers)s shoppers", rows[0].shoppers)
    return format_html(
        '<details{}><summary>{}, {}</summary><div style="overflow-x: auto">{}</div></details>',
        mark_safe(" open") if view == OPEN else "",
        VIEWS.get(view, view),
        shoppers % {"shoppers": f"{rows[0].shoppers:,}"},
        table(
            (_("recommender"), *(COLUMNS[metric] for metric in metrics)),
            [
                (
                    RECOMMENDERS.get(line.recommender, line.recommender),
                    *(_cell(line.figures.get(metric)) for metric in metrics),
                )
                for line in rows
            ],
        ),
    )


def _cell(figure: Figure | None) -> SafeString | str:
    if figure is None:
        return ""
    if figure.low is None or figure.high is None:
        return f"{figure.value:.3f}"
    return format_html(
        '{}<br><small style="white-space: nowrap">{} - {}</small>',
        f"{figure.value:.3f}",
        f"{figure.low:.3f}",
        f"{figure.high:.3f}",
    )


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
        "<p>{} {}</p>{}", passed, basis % {"version": gate.get("live_version")}, table(headings, rows) if rows else ""
    )


def _difference(bound: Bound) -> tuple[Any, ...]:
    if not isfinite(bound.low):
        return f"{bound.mean:+.4f}", "-", gettext("too few shoppers to tell"), f"{bound.shoppers:,}"
    told = gettext("better") if bound.is_better else gettext("worse") if bound.is_worse else gettext("no different")
    return f"{bound.mean:+.4f}", f"{bound.low:+.4f}, {bound.high:+.4f}", told, f"{bound.shoppers:,}"


def curves_of(metrics: Mapping[str, Any]) -> SafeString | str:
    """Loss and validation by epoch as a drawing, each on its own scale, the best epoch marked."""
    found = curves(metrics)
    return "-" if found is None else _drawn(found)


def _drawn(found: Curves) -> SafeString:
    epochs = max(len(found.train), len(found.validation))
    best = _x(found.best_epoch - 1, epochs)
    marked = (
        ""
        if not 1 <= found.best_epoch <= epochs
        else format_html(
            '<line x1="{0}" x2="{0}" y1="{1}" y2="{2}" stroke="currentColor" stroke-dasharray="4 3" opacity=".6"/>'
            '<text x="{0}" y="{3}" text-anchor="middle">{4}</text>',
            best,
            EDGE / 2,
            HEIGHT - EDGE,
            HEIGHT - EDGE + 28,
            gettext("best epoch: %(epoch)d") % {"epoch": found.best_epoch},
        )
    )
    lines_drawn = format_html_join(
        "",
        '<polyline points="{}" fill="none" stroke="{}" stroke-width="2"/>{}'
        '<text x="{}" y="{}" text-anchor="{}" fill="{}">{}</text>'
        '<text x="{}" y="{}" text-anchor="{}" fill="{}">{}</text>',
        (
            (
                _points(values, epochs),
                colour,
                _dots(values, epochs, colour),
                at,
                EDGE / 2 + 4,
                anchor,
                colour,
                f"{max(values):.3f}",
                at,
                HEIGHT - EDGE,
                anchor,
                colour,
                f"{min(values):.3f}",
            )
            for values, colour, at, anchor in (
                (found.train, "#b35900", EDGE - 6, "end"),
                (found.validation, "#2a7ab0", WIDTH - EDGE + 6, "start"),
            )
            if values
        ),
    )
    return format_html(
        '<svg viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img" aria-label="{2}" font-size="11" '
        'fill="currentColor"><rect x="{3}" y="{4}" width="{5}" height="{6}" fill="none" stroke="currentColor" '
        'opacity=".25"/>{7}{8}<text x="{3}" y="{9}" fill="#b35900">{10}</text>'
        '<text x="{11}" y="{9}" text-anchor="end" fill="#2a7ab0">{12}</text></svg>',
        WIDTH,
        HEIGHT,
        gettext("Loss and validation by epoch"),
        EDGE,
        EDGE / 2,
        WIDTH - 2 * EDGE,
        HEIGHT - 1.5 * EDGE,
        marked,
        lines_drawn,
        HEIGHT - 2,
        gettext("loss in training (left)"),
        WIDTH - EDGE,
        gettext("NDCG@10 on later orders (right)"),
    )


def _dots(values: Sequence[float], epochs: int, colour: str) -> SafeString:
    return format_html_join(
        "",
        '<circle cx="{}" cy="{}" r="2.5" fill="{}"><title>{}: {}</title></circle>',
        ((_x(at, epochs), _y(value, values), colour, at + 1, f"{value:.4f}") for at, value in enumerate(values)),
    )


def _points(values: Sequence[float], epochs: int) -> str:
    return " ".join(f"{_x(at, epochs)},{_y(value, values)}" for at, value in enumerate(values))


def _x(at: int, epochs: int) -> float:
    return round(EDGE + (WIDTH - 2 * EDGE) * at / max(epochs - 1, 1), 1)


def _y(value: float, values: Sequence[float]) -> float:
    low, high = min(values), max(values)
    share = (value - low) / (high - low) if high > low else 0.5
    return round(HEIGHT - EDGE - share * (HEIGHT - 1.5 * EDGE), 1)
