"""Look around: home, categories, search, a product."""

from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shop.models import Category, Product
from shop.models.products import ProductQuerySet
from shop.tiles import tiles

PER_PAGE = 24
ON_HOME = 8
LONGEST_SEARCH = 100
MOST_WORDS = 8

SORTS = {
    "popular": (_("Best sellers"), ("-sold", "pk")),
    "new": (_("Newest"), ("-launched_at", "pk")),
    "cheap": (_("Price, low to high"), ("shelf_price", "pk")),
    "dear": (_("Price, high to low"), ("-shelf_price", "pk")),
    "name": (_("Name"), ("title", "pk")),
}


def home(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    listed = Product.objects.listed()
    shown = {
        "offers": tiles(Product.objects.on_offer(now).for_tiles(now)[:ON_HOME], now),
        "best": tiles(listed.for_tiles(now).order_by("-sold", "pk")[:ON_HOME], now),
        "new": tiles(listed.for_tiles(now).order_by("-launched_at", "pk")[:ON_HOME], now),
    }
    return render(request, "shop/home.html", shown)


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
    text = " ".join(request.GET.get("q", "").split())[:LONGEST_SEARCH].replace("\x00", "")
    found = Product.objects.listed().matching(text.split()[:MOST_WORDS]) if text else Product.objects.none()
    return render(request, "shop/search.html", {"text": text, **_listing(request, found, timezone.now())})


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
            "variants": [
                {"product": variant, "price": variant.price_at(now), "is_chosen": variant == chosen}
                for variant in visible
            ],
        },
    )


def _chosen(request: HttpRequest, shown: Product, visible: list[Product]) -> Product | None:
    asked = request.GET.get("variant", "")
    return next((variant for variant in visible if str(variant.pk) == asked), None) or shown.to_buy()


def _listing(request: HttpRequest, products: ProductQuerySet, now: datetime) -> dict[str, Any]:
    """A page of products in the order asked for, and what its navigation needs."""
    sort = request.GET.get("sort", "")
    sort = sort if sort in SORTS else "popular"
    ordered = products.for_tiles(now)
    if sort in ("cheap", "dear"):
        ordered = ordered.with_shelf_price()
    pages = Paginator(ordered.order_by(*SORTS[sort][1]), PER_PAGE)
    page = pages.get_page(request.GET.get("page"))
    kept = request.GET.copy()
    kept.pop("page", None)
    return {
        "tiles": tiles(page.object_list, now),
        "page": page,
        "pages": pages.get_elided_page_range(page.number, on_each_side=1, on_ends=1),
        "kept": kept.urlencode(),
        "sort": sort,
        "sorts": [(key, label) for key, (label, _) in SORTS.items()],
    }
