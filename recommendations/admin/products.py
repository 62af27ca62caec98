"""Choose products by words of their titles: whatever the shop knows, sold before or not."""

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteMixin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext_lazy as _

from recommendations.services.titles import context_of, find_products

LONGEST_KEY = 200


class _Autocomplete:
    """Options that the admin's own script fetches while staff type."""

    url: Callable[[], str]
    chosen: Callable[[Iterable[str]], dict[str, str]]

    @property
    def media(self) -> forms.Media:
        return AutocompleteMixin(None, admin.site).media

    def build_attrs(self, base_attrs: Any, extra_attrs: Any = None) -> dict[str, Any]:
        attrs: dict[str, Any] = super().build_attrs(base_attrs, extra_attrs)  # type: ignore[misc]
        return attrs | {
            "class": "admin-autocomplete",
            "data-ajax--delay": 250,
            "data-ajax--url": self.url(),
            "data-theme": "admin-autocomplete",
            "data-placeholder": "",
        }

    def optgroups(self, name: str, value: list[str], attrs: Any = None) -> Any:
        """What is chosen is the only option until staff type."""
        words = self.chosen(key for key in value if key)
        options = [self.create_option(name, key, words[key], True, at) for at, key in enumerate(words)]  # type: ignore[attr-defined]
        return [(None, options, 0)]


class ProductSelect(_Autocomplete, forms.Select):
    pass


class ProductsSelect(_Autocomplete, forms.SelectMultiple):
    pass


class ProductField(forms.CharField):
    """A product's key."""

    widget = ProductSelect

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=LONGEST_KEY, **options)


class ProductsField(forms.MultipleChoiceField):
    """Keys of products, at least one."""

    widget = ProductsSelect

    def valid_value(self, value: str) -> bool:
        if len(value) > LONGEST_KEY or "\x00" in value:
            raise ValidationError(_("This is no key of a product."))
        return True


def found(request: HttpRequest) -> JsonResponse:
    """What the shop finds by the typed words, as the admin's script wants it."""
    words = request.GET.get("term", "").strip().replace("\x00", "")[:LONGEST_KEY]
    products = find_products(words, context_of(request)) if words else {}
    results = [{"id": key, "text": f"{title} ({key})"} for key, title in products.items()]
    return JsonResponse({"results": results, "pagination": {"more": False}})
