"""What a version of the network was measured to be worth: in sentences, as a table, and the course of its training."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from django.utils.html import format_html, format_html_join, json_script
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from recommendations.admin.base import table
from recommendations.services.evaluate import Figure, Line, curves, lines

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

COMPARED = ("ours", "most_popular", "personal_frequency_decayed", "live")
"""Whose figures the sentences name, this version's first."""

QUESTIONS: Mapping[tuple[str, str], tuple[Any, Any]] = {
    ("next_basket", "hit_rate_10"): (
        _("next baskets"),
        _("%(number)s of 100 next baskets had at least one of the ten products that it named"),
    ),
    ("window", "recall_10"): (
        _("all that was bought later"),
        _("%(number)s of 100 products that a shopper bought later were among the ten that it named"),
    ),
    ("new_items", "hit_rate_10"): (
        _("new to the shopper"),
        _(
            "%(number)s of 100 shoppers with a first purchase of a product took one of the ten that it named "
            "as new to them"
        ),
    ),
    ("window", "coverage_10"): (
        _("variety"),
        _("%(number)s of 100 products of the shop were in the list of some shopper"),
    ),
}
"""What is said in words: of a view and a measure, what it is about and the sentence."""

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


def sentences_of(metrics: Mapping[str, Any]) -> dict[str, str]:
    """What the table says, for who knows no measures, by the question: this version beside others."""
    found = {(line.view, line.recommender): line for line in lines(metrics)}
    told = {}
    for (view, measure), (question, words) in QUESTIONS.items():
        beside = {
            name: line.figures[measure].value
            for name in COMPARED
            if (line := found.get((view, name))) is not None and measure in line.figures
        }
        if "ours" in beside:
            others = "; ".join(
                f"{RECOMMENDERS[name]}: {_of_100(beside[name])}" for name in COMPARED[1:] if name in beside
            )
            sentence = str(words) % {"number": _of_100(beside["ours"])}
            told[str(question)] = f"{sentence} ({others})" if others else sentence
    return told


def told_of(metrics: Mapping[str, Any]) -> SafeString | str:
    """The sentences as a list."""
    found = sentences_of(metrics)
    return (
        format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((one,) for one in found.values())))
        if found
        else "-"
    )


def _of_100(share: float) -> str:
    return f"{100 * share:.0f}" if share >= 0.095 or not share else f"{100 * share:.1f}"


def curves_of(metrics: Mapping[str, Any], *, name: str = "curves") -> SafeString | str:
    """Loss and validation by epoch as a picture, each on its own scale, and as a table; the best epoch is marked."""
    found = curves(metrics)
    if found is None:
        return "-"
    loss, validation = gettext("loss in training (left)"), gettext("NDCG@10 on later orders (right)")
    epochs = max(len(found.train), len(found.validation))
    best = gettext("best epoch: %(epoch)d") % {"epoch": found.best_epoch}
    drawn = {
        "epoch": gettext("epoch"),
        "epochs": epochs,
        "scales": 2,
        "best": {"epoch": found.best_epoch, "label": best} if 1 <= found.best_epoch <= epochs else None,
        "lines": [
            {"label": loss, "values": found.train, "scale": 0},
            {"label": validation, "values": found.validation, "scale": 1},
        ],
    }
    return chart_of(drawn, name=name, summary=gettext("Loss and validation by epoch"))


def beside_of(named: Sequence[tuple[str, Mapping[str, Any]]]) -> SafeString | str:
    """The validation of several versions by epoch in one picture, and as a table."""
    found = [(label, course.validation) for label, metrics in named if (course := curves(metrics)) is not None]
    if not found:
        return "-"
    drawn = {
        "epoch": gettext("epoch"),
        "epochs": max(len(values) for _label, values in found),
        "scales": 1,
        "best": None,
        "lines": [{"label": label, "values": values, "scale": 0} for label, values in found],
    }
    return chart_of(drawn, name="curves", summary=gettext("NDCG@10 on later orders by epoch"))


def chart_of(drawn: Mapping[str, Any], *, name: str, summary: str) -> SafeString:
    """What `network-curves.js` draws, with the same figures as a table."""
    named = drawn["lines"]
    rows = [
        (at + 1, *(f"{line['values'][at]:.4f}" if at < len(line["values"]) else "" for line in named))
        for at in range(drawn["epochs"])
    ]
    best = drawn["best"]
    return format_html(
        '<div class="basketry-curves"><p>{}</p>'
        '<div class="basketry-chart" data-curves="{}" role="img" aria-label="{}"></div>'
        "{}<details><summary>{}</summary>{}</details></div>",
        f"{summary}. {best['label']}" if best else summary,
        name,
        summary,
        json_script(drawn, name),
        gettext("The figures as a table"),
        table((drawn["epoch"], *(line["label"] for line in named)), rows),
    )
