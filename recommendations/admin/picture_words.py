"""The pictures of rules in words: what their scripts draw, and the same as tables."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from recommendations.admin.picture_forms import CELLS, MEASURES, STANDINGS
from recommendations.catalogue import Facts
from recommendations.models import Decision
from recommendations.selectors.rule_pictures import Standing, Strength
from recommendations.services import claims
from recommendations.services.prices import price_text
from recommendations.services.rule_graph import Link, Node, RuleGraph
from recommendations.services.rule_matrix import RuleMatrix
from recommendations.services.rule_scatter import MOST_POINTS, Listed, RuleScatter

MOST_COLOURS = 9
"""Categories with a colour of their own in a graph; all smaller ones share one."""

KEPT = ("kind", "least_orders", "least_confidence", "least_lift", "standing")
"""Parameters that a link from one picture to another keeps."""

Url = Callable[..., str]


def of_graph(
    found: RuleGraph, *, centre: int | None, strength: Strength, by: str, asked: QueryDict, url: Url
) -> dict[str, Any]:
    """Nodes, edges and their words; `by` is what the strength is called."""
    kept = {name: asked[name] for name in (*KEPT, "strength", "most") if asked.get(name)}
    category_at = _categories(found.nodes)
    nodes = [_node(node, centre, category_at, url(**kept, product=node.shown.key)) for node in found.nodes]
    titles = {node.item_id: node.shown.title for node in found.nodes}
    links = [_link(link, titles, strength) for link in found.links]
    names = list(dict.fromkeys(category_at.values()))
    picture = {
        "nodes": nodes,
        "links": links,
        "categories": names,
        "category_label": gettext("category"),
        "orders_label": gettext("orders"),
    }
    counts = ngettext("%(count)s product", "%(count)s products", len(nodes)) % {"count": len(nodes)}
    of_rules = ngettext("%(count)s rule", "%(count)s rules", len(links)) % {"count": len(links)}
    told = [
        gettext("%(products)s, %(rules)s. A line is the thicker, the greater: %(strength)s.")
        % {"products": counts, "rules": of_rules, "strength": by}
    ]
    if found.is_cut:
        told.append(gettext("There are more: the weakest rules, and the products of these alone, are left out."))
    return {"picture": picture, "told": told, "nodes": nodes, "links": links, "whole_shop": url(**kept)}


def of_matrix(found: RuleMatrix, *, show: str, asked: QueryDict, url: Url) -> dict[str, Any]:
    """Cells and their words; a cell between two known categories links to their graph."""
    kept = {name: asked[name] for name in KEPT if asked.get(name)}
    # An address is looked up once, not for each of the cells.
    graph = f"{url(**kept)}{'&' if kept else '?'}"
    values = getattr(found, show)
    names = [name or gettext("no category known") for name in found.names]
    if found.smaller:
        names.append(gettext("all others"))
    rows = []
    for row, first in enumerate(names):
        cells = []
        for column, second in enumerate(names):
            number = int(found.rules[row, column])
            linked = number and _is_named(found, row) and _is_named(found, column)
            cells.append(
                {
                    "value": None if not number or math.isnan(values[row, column]) else float(values[row, column]),
                    "text": _cell(values[row, column], show) if number else "",
                    "words": gettext("%(first)s → %(second)s: %(rules)s rules, %(orders)s orders")
                    % {
                        "first": first,
                        "second": second,
                        "rules": f"{number:,}",
                        "orders": f"{int(found.orders[row, column]):,}",
                    },
                    "url": graph + urlencode({"first": found.names[row], "second": found.names[column]})
                    if linked
                    else "",
                }
            )
        rows.append({"name": first, "cells": cells})
    label = str(dict(CELLS)[show])
    told = [gettext("Row: category of the first product. Column: category of what it leads to.")]
    if found.smaller:
        words = ngettext(
            "%(count)s smaller category is summed as “all others”.",
            "%(count)s smaller categories are summed as “all others”.",
            found.smaller,
        )
        told.append(words % {"count": found.smaller})
    if found.is_cut:
        told.append(gettext("There are more rules: those in the fewest orders are left out."))
    picture = {"names": names, "rows": rows, "label": label, "show": show} if rows else None
    return {"picture": picture, "told": told, "names": names, "rows": rows, "label": label, "is_empty": not rows}


def of_scatter(
    found: RuleScatter,
    first: Sequence[Listed],
    titles: Mapping[int, str],
    *,
    axes: tuple[str, str],
    by: str | None,
    rules_url: str,
) -> dict[str, Any]:
    """Points, the first rules in words, and where to ask for others' words; `by` is None of a random sample."""
    label = {name: str(text) for name, text in MEASURES}
    points = zip(*(values.tolist() for values in (found.rule_ids, found.x, found.y, found.lift)), strict=True)
    picture = {
        "points": list(points),
        "x": label[axes[0]],
        "y": label[axes[1]],
        "lift": label["lift"],
        "rules_url": rules_url,
        "rule_url": reverse("admin:recommendations_rule_change", args=[0]),
    }
    count = len(found.rule_ids)
    told = [ngettext("%(count)s rule.", "%(count)s rules.", count) % {"count": f"{count:,}"}]
    if found.is_cut:
        if by is None:
            words = gettext("There are more: these are a random sample of %(most)s.")
        else:
            words = gettext("There are more: these are the %(most)s strongest by: %(strength)s.")
        told.append(words % {"most": f"{MOST_POINTS:,}", "strength": by})
    return {"picture": picture if count else None, "told": told, "first": [of_listed(one, titles) for one in first]}


def of_listed(one: Listed, titles: Mapping[int, str]) -> dict[str, Any]:
    """A rule as a row of a table."""
    rule = one.rule
    return {
        "id": rule.pk,
        "words": claims.sentence(rule, titles),
        "url": reverse("admin:recommendations_rule_change", args=[rule.pk]),
        "confidence": f"{rule.confidence:.1%}",
        "lift": f"{rule.lift:,.2f}",
        "standing": str(dict(STANDINGS)[one.standing]),
    }


def _categories(nodes: Sequence[Node]) -> dict[str, str]:
    """What each category is called in the legend: the most frequent by their names, the rest together."""
    counts: dict[str, int] = {}
    for node in nodes:
        counts[node.category] = counts.get(node.category, 0) + 1
    ordered = sorted(counts, key=lambda name: (-counts[name], name))
    own = ordered if len(ordered) <= MOST_COLOURS else ordered[: MOST_COLOURS - 1]
    called = {name: name or gettext("no category known") for name in own}
    return called | {name: gettext("all others") for name in ordered if name not in called}


def _node(node: Node, centre: int | None, category_at: Mapping[str, str], url: str) -> dict[str, Any]:
    facts = node.shown.facts
    return {
        "id": node.item_id,
        "title": node.shown.title,
        "category": category_at[node.category],
        "orders": node.orders,
        "orders_text": f"{node.orders:,}",
        "image": facts.image if facts is not None else "",
        "price": _price(facts),
        "stock": "" if facts is None or facts.stock is None else f"{facts.stock:,}",
        "is_centre": node.item_id == centre,
        "url": url,
    }


def _link(link: Link, titles: Mapping[int, str], strength: Strength) -> dict[str, Any]:
    rule = link.rule
    return {
        "first": claims.antecedents(rule),
        "second": rule.consequent_id,
        "strength": link.strength,
        "strength_text": _strength(link.strength, strength),
        "standing": link.standing,
        "standing_text": str(dict(STANDINGS)[link.standing]),
        "line": {Standing.WAITING: "dashed", Decision.REJECTED: "dotted"}.get(link.standing, "solid"),
        "words": claims.sentence(rule, titles),
        "url": reverse("admin:recommendations_rule_change", args=[rule.pk]),
    }


def _strength(value: float | None, strength: Strength) -> str:
    if value is None:
        return "-"
    match strength:
        case Strength.CONFIDENCE:
            return f"{value:.1%}"
        case Strength.ORDERS:
            return f"{value:,.0f}"
        case _:
            return f"{value:,.2f}"


def _price(facts: Facts | None) -> str:
    price = None if facts is None else facts.price_at(timezone.now())
    if facts is None or price is None:
        return ""
    return price_text(price, facts.currency)


def _cell(value: float, show: str) -> str:
    if math.isnan(value):
        return "-"
    return f"{value:,.2f}" if show == "weighted_lift" else f"{value:,.0f}"


def _is_named(found: RuleMatrix, place: int) -> bool:
    return place < len(found.names) and bool(found.names[place])
