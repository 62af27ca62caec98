"""Categories, products and their variants in the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from shop.models import Category, Product


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


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["title", "sku", "category", "brand", "price", "offer_price", "offer_ends_at", "stock", "visible"]
    list_editable = ["price", "stock", "visible"]
    list_filter = ["visible", "is_filler", ("category__parent", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["category"]
    list_per_page = 50
    search_fields = ["title", "sku", "brand"]
    autocomplete_fields = ["category", "parent"]
    readonly_fields = ["sold"]
    show_full_result_count = False
    inlines = [VariantInline]

    def get_inlines(self, request: HttpRequest, obj: Product | None) -> list[Any]:
        """A variant has no variants of its own."""
        return [] if obj is not None and obj.parent_id else [VariantInline]
