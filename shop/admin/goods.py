"""Categories, products and their variants in the admin."""

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from shop.models import Category, Offer, Product


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["name", "parent", "slug", "picture", "position"]
    list_select_related = ["parent"]
    list_filter = [("parent", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["name", "slug"]
    autocomplete_fields = ["parent"]
    prepopulated_fields = {"slug": ["name"]}


class VariantInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Product
    fk_name = "parent"
    verbose_name = _("variant")
    verbose_name_plural = _("variants")
    fields = ["sku", "title", "variant", "category", "price", "stock", "visible", "launched_at"]
    autocomplete_fields = ["category"]
    extra = 0
    show_change_link = True


class OfferInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Offer
    fields = ["price", "starts_at", "ends_at", "stock_limit", "sold"]
    readonly_fields = ["sold"]
    extra = 0


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["title", "sku", "category", "brand", "price", "stock", "visible"]
    list_editable = ["price", "stock", "visible"]
    list_filter = ["visible", "is_filler", ("category__parent", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["category"]
    list_per_page = 50
    search_fields = ["title", "sku", "brand"]
    autocomplete_fields = ["category", "parent"]
    readonly_fields = ["sold"]
    show_full_result_count = False
    inlines = [OfferInline, VariantInline]

    def get_inlines(self, request: HttpRequest, obj: Product | None) -> list[Any]:
        """A variant has no variants of its own."""
        return [OfferInline] if obj is not None and obj.parent_id else [OfferInline, VariantInline]


@admin.register(Offer)
class OfferAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["product", "regular_price", "price", "starts_at", "ends_at", "stock_limit", "sold"]
    list_select_related = ["product"]
    list_filter = ["starts_at", "ends_at"]
    search_fields = ["product__title", "product__sku"]
    autocomplete_fields = ["product"]
    readonly_fields = ["sold"]
    ordering = ["-ends_at", "-pk"]

    @admin.display(description=_("regular price"), ordering="product__price")
    def regular_price(self, offer: Offer) -> Decimal:
        return offer.product.price
