"""Pictures of rules beside their list: a graph of products, a matrix of categories, a scatter of measures."""

import re
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from recommendations.admin import picture_words as words
from recommendations.admin.base import BasketryAdmin, Page
from recommendations.admin.picture_forms import RANDOM, GraphForm, MatrixForm, PictureForm, ScatterForm
from recommendations.models import Item
from recommendations.services.item_categories import item_categories
from recommendations.services.rule_graph import items_of, rule_graph
from recommendations.services.rule_matrix import rule_matrix
from recommendations.services.rule_scatter import MOST_LISTED, listed, rule_scatter
from recommendations.services.titles import context_of, find_items, titles

SEE = "recommendations.view_rule"
MOST_SUGGESTED = 20
MOST_NAMES = 2_000
"""Categories that a page lists for choosing."""


def pages(admin: BasketryAdmin) -> Sequence[Page]:
    """The pictures, as views beside the list of rules."""
    return (
        Page("graph", "graph/", SEE, partial(graph, admin), _("Graph")),
        Page("graph_products", "graph/products/", SEE, products),
        Page("matrix", "matrix/", SEE, partial(matrix, admin), _("Matrix of categories")),
        Page("scatter", "scatter/", SEE, partial(scatter, admin), _("Scatter")),
        Page("scatter_rules", "scatter/rules/", SEE, rules),
    )


def graph(admin: BasketryAdmin, request: HttpRequest) -> HttpResponse:
    """Products and the rules between them."""
    context = context_of(request)
    categories = item_categories(context)
    form = GraphForm(request.GET, categories)
    shown = _page_of(form, categories.names)
    if form.is_valid():
        named = form.cleaned_data["product"].strip()
        candidates = _named(named) if named else []
        if named and len(candidates) != 1:
            shown |= _which(candidates, context, form)
        else:
            centre = candidates[0] if candidates else None
            strength = form.chosen("strength")
            found = rule_graph(
                form.asked(),
                around=centre,
                strength=strength,
                most=form.cleaned_data["most"],
                now=timezone.now(),
                context=context,
            )
            shown |= words.of_graph(
                found,
                centre=centre,
                strength=strength,
                by=form.in_words(strength),
                asked=request.GET,
                url=_graph_url,
            )
    shown["products_url"] = admin.page_url("graph_products")
    return admin.render(request, "rule_graph.html", title=_("Graph of rules"), context=shown)


def products(request: HttpRequest) -> JsonResponse:
    """Products that some words name, to choose from: their key and title."""
    named = request.GET.get("words", "").strip().replace("\x00", "")[:200]
    ids = _named(named)[:MOST_SUGGESTED] if named else []
    keys = dict(Item.objects.filter(pk__in=ids).values_list("pk", "key"))
    found = titles(ids, context_of(request))
    return JsonResponse({"results": [{"key": keys[pk], "title": found[pk]} for pk in ids if pk in found]})


def matrix(admin: BasketryAdmin, request: HttpRequest) -> HttpResponse:
    """Rules by the categories of their products."""
    categories = item_categories(context_of(request))
    form = MatrixForm(request.GET, categories)
    shown = _page_of(form, categories.names)
    if form.is_valid():
        found = rule_matrix(form.asked(), categories=categories, now=timezone.now())
        shown |= words.of_matrix(found, show=form.cleaned_data["show"], asked=request.GET, url=_graph_url)
    return admin.render(request, "rule_matrix.html", title=_("Matrix of categories"), context=shown)


def scatter(admin: BasketryAdmin, request: HttpRequest) -> HttpResponse:
    """Rules by two of their measures."""
    context = context_of(request)
    categories = item_categories(context)
    form = ScatterForm(request.GET, categories)
    shown = _page_of(form, categories.names)
    if form.is_valid():
        told, now = form.cleaned_data, timezone.now()
        strength = None if told["sample"] == RANDOM else form.chosen("sample")
        found = rule_scatter(form.asked(), x=told["x"], y=told["y"], strength=strength, now=now)
        first = listed(found.rule_ids[:MOST_LISTED].tolist(), now=now)
        named = titles(items_of(one.rule for one in first), context)
        shown |= words.of_scatter(
            found,
            first,
            named,
            axes=(told["x"], told["y"]),
            by=None if strength is None else form.in_words(strength),
            rules_url=admin.page_url("scatter_rules"),
        )
    return admin.render(request, "rule_scatter.html", title=_("Scatter of rules"), context=shown)


def rules(request: HttpRequest) -> JsonResponse:
    """Some of the rules of a scatter in words: those that `ids`, numbers with commas, names first."""
    ids = [int(text) for text in re.findall(r"\d{1,18}", request.GET.get("ids", "")[:2_000])]
    found = listed(ids, now=timezone.now())
    named = titles(items_of(one.rule for one in found), context_of(request))
    return JsonResponse({"rules": [words.of_listed(one, named) for one in found]})


def _page_of(form: PictureForm, names: Sequence[str]) -> dict[str, Any]:
    return {"form": form, "category_names": [name for name in names[:MOST_NAMES] if name], "picture": None}


def _named(text: str) -> list[int]:
    """The item with this very key, else those that the shop finds by the words."""
    exact = list(Item.objects.filter(key=text).values_list("pk", flat=True))
    return exact or find_items(text)


def _which(candidates: Sequence[int], context: Any, form: GraphForm) -> dict[str, Any]:
    """Links to each of the products that may be meant; an error of the form where there is none."""
    if not candidates:
        form.add_error("product", gettext("No product is found by these words."))
        return {}
    keys = dict(Item.objects.filter(pk__in=candidates[:MOST_SUGGESTED]).values_list("pk", "key"))
    found = titles(keys, context)
    return {"choices": [{"title": found[pk], "url": _graph_url(product=key)} for pk, key in keys.items()]}


def _graph_url(**query: Any) -> str:
    return reverse("admin:recommendations_rule_graph", query=query)
