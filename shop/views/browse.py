"""Look around: home, categories, search, a product."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from recommendations.services.identify import shopper_key
from recommendations.services.rank import MOST_RANKED, rank
from recommendations.services.ratings import stars_of
from shop.models import Category, Product
from shop.models.products import ProductQuerySet
from shop.tiles import tiles

logger = logging.getLogger(__name__)

PER_PAGE = 24
LONGEST_SEARCH = 100
MOST_WORDS = 8

OWN = "you"
"""The sort by what suits the shopper; only searches have it."""

SORTS = {
    "popular": (_("Best sellers"), ("-sold", "pk")),
    "new": (_("Newest"), ("-launched_at", "pk")),
    "cheap": (_("Price, low to high"), ("shelf_price", "pk")),
    "dear": (_("Price, high to low"), ("-shelf_price", "pk")),
    "name": (_("Name"), ("title", "pk")),
}


def home(request: HttpRequest) -> HttpResponse:
    """Its lists are the plugin's."""
    return render(request, "shop/home.html")


def category(request: HttpRequest, slug: str) -> HttpResponse:
    chosen = get_object_or_404(Category.objects.select_related("parent"), slug=slug)
    department = chosen.parent or chosen
    siblings = list(department.children.all())
    within = [chosen.pk] if chosen.parent else [chosen.pk, *(child.pk for child in siblings)]
    shown = _listing(request, Product.objects.listed().within(within), timezone.now())
    return render(
        request, "shop/category.html", {"category": chosen, "department": department, "siblings": siblings, **shown}
    )


def search(request: HttpRequest) -> HttpResponse:
    """What matches, for a known shopper in their own order unless they ask for another."""
    now = timezone.now()
    text = " ".join(request.GET.get("q", "").split())[:LONGEST_SEARCH].replace("\x00", "")
    found = Product.objects.listed().matching(text.split()[:MOST_WORDS]) if text else Product.objects.none()
    shopper = shopper_key(request)
    own_order = _in_order_of(shopper, found, now) if shopper and request.GET.get("sort", OWN) not in SORTS else None
    shown = _listing(request, found, now, own_order)
    return render(request, "shop/search.html", {"text": text, "can_sort_own": shopper is not None, **shown})


def product(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """The page of a product with the variants of its family; `?variant=` chooses one."""
    now = timezone.now()
    shown = get_object_or_404(Product.objects.filter(visible=True, is_filler=False).for_tiles(now), pk=pk)
    if shown.parent is not None or slug != shown.slug:
        return redirect(shown, permanent=shown.parent is None)
    visible = [variant for variant in shown.variants.all() if variant.visible]
    chosen = _chosen(request, shown, visible)
    if chosen is None:
        return redirect(shown.category)
    return render(
        request,
        "shop/product.html",
        {
            "product": shown,
            "chosen": chosen,
            "price": chosen.price_at(now),
            "has_offer": chosen.has_offer(now),
            "rated": stars_of(shown.sku, shopper=shopper_key(request)),
            "variants": [
                {"product": variant, "price": variant.price_at(now), "is_chosen": variant == chosen}
                for variant in visible
            ],
        },
    )


def _chosen(request: HttpRequest, shown: Product, visible: list[Product]) -> Product | None:
    asked = request.GET.get("variant", "")
    return next((variant for variant in visible if str(variant.pk) == asked), None) or shown.to_buy()


def _in_order_of(shopper: str, products: ProductQuerySet, now: datetime) -> list[str] | None:
    """The products' keys, what suits the shopper first; None where nothing is known of them or may be used."""
    keys = list(products.order_by(*SORTS["popular"][1]).values_list("sku", flat=True))
    try:
        ranked = rank(keys[:MOST_RANKED], shopper=shopper, now=now)
    except Exception:
        logger.exception("search results stay in the order of best sellers")
        return None
    return None if ranked.fallback else [*(placed.item for placed in ranked.items), *keys[MOST_RANKED:]]


def _listing(
    request: HttpRequest, products: ProductQuerySet, now: datetime, own_order: Sequence[str] | None = None
) -> dict[str, Any]:
    """A page of products in the order asked for, or of the keys in `own_order`, and what its navigation needs."""
    sort = request.GET.get("sort", "")
    sort = OWN if own_order is not None else sort if sort in SORTS else "popular"
    ordered = products.for_tiles(now)
    if sort in ("cheap", "dear"):
        ordered = ordered.with_shelf_price()
    pages: Paginator[Any]
    pages = Paginator(own_order if own_order is not None else ordered.order_by(*SORTS[sort][1]), PER_PAGE)
    page = pages.get_page(request.GET.get("page"))
    on_page: list[Any] = list(page.object_list)
    if own_order is not None:
        by_key = {product.sku: product for product in ordered.filter(sku__in=on_page)}
        on_page = [by_key[key] for key in on_page if key in by_key]
    kept = request.GET.copy()
    kept.pop("page", None)
    return {
        "tiles": tiles(on_page, now),
        "page": page,
        "pages": pages.get_elided_page_range(page.number, on_each_side=1, on_ends=1),
        "kept": kept.urlencode(),
        "sort": sort,
        "sorts": [(key, label) for key, (label, _) in SORTS.items()],
    }
