"""What a preview is asked for: products, a shopper, and in which language and currency."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from recommendations.admin.base import sees_persons
from recommendations.catalogue import Context
from recommendations.services.identify import find_shopper
from recommendations.services.titles import context_of, find_products

MOST_PRODUCTS = 20


class ProductsInput(forms.Widget):
    """A line for each product that is named, and one more; the script `product-search.js` suggests the shop's."""

    def __init__(self, suggestions: str = "") -> None:
        super().__init__()
        self.suggestions = suggestions

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        return [value.strip() for value in data.getlist(name) if value.strip()]

    def id_for_label(self, id_: str, index: str = "0") -> str:
        return f"{id_}_0"

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        lines: Iterable[tuple[Any, ...]] = (
            (name, f"id_{name}_{number}", text, _("product %(number)s") % {"number": number + 1}, f"found_{name}")
            for number, text in enumerate([*(value or []), ""])
        )
        return format_html(
            '<span class="basketry-products">{}<datalist id="found_{}" data-suggestions="{}"></datalist></span>',
            format_html_join(
                " ",
                '<input type="text" class="vTextField" name="{}" id="{}" value="{}" aria-label="{}" list="{}" '
                'autocomplete="off" maxlength="200">',
                lines,
            ),
            name,
            self.suggestions,
        )


class ProductsField(forms.Field):
    """Keys of the products that the lines name, each by its key or by words of its title."""

    widget = ProductsInput

    def clean(self, value: Any) -> list[str]:
        if len(value) > MOST_PRODUCTS:
            raise ValidationError(_("At most 20 products, not %(number)d.") % {"number": len(value)})
        keys = []
        for words in value:
            key = next(iter(find_products(words.replace("\x00", "")[:200], Context())), None)
            if key is None:
                raise ValidationError(_("The shop finds no product by “%(words)s”.") % {"words": words})
            keys.append(key)
        return list(dict.fromkeys(keys))


class AskingForm(forms.Form):
    """For what, for whom and in which words; nothing of it must be given. Shoppers are for who may see personal data.

    Raises
    ------
    PermissionDenied : a shopper is named by somebody who may not.
    """

    products = ProductsField(
        label=_("For the products"),
        required=False,
        help_text=_("one: a product's page; several: a cart. By key or words of a title."),
    )
    shopper = forms.CharField(
        label=_("For the shopper"),
        required=False,
        max_length=200,
        help_text=_("a whole shopper key or an account's name; empty: an anonymous visitor"),
    )
    category = forms.CharField(
        label=_("Of the category"), required=False, max_length=200, help_text=_("a key, as the shop names it")
    )
    language = forms.ChoiceField(label=_("Language"), required=False)
    currency = forms.RegexField(
        r"^[A-Z]{3}$",
        label=_("Currency"),
        required=False,
        help_text=_("three capital letters; empty: the shop's"),
        error_messages={"invalid": _("Must be three capital letters, such as EUR.")},
    )

    def __init__(self, request: HttpRequest, data: Any, *, suggestions: str) -> None:
        super().__init__(data)
        self._context, self._user_id = context_of(request), request.user.pk
        self.fields["products"].widget = ProductsInput(suggestions)
        languages: Any = self.fields["language"]
        languages.choices = [("", _("as here")), *((code, gettext(str(name))) for code, name in settings.LANGUAGES)]
        if not sees_persons(request):
            if data.get("shopper"):
                raise PermissionDenied
            del self.fields["shopper"]

    def clean_shopper(self) -> str | None:
        words = self.cleaned_data["shopper"].strip().replace("\x00", "")
        if not words:
            return None
        found = find_shopper(words)
        if found is None:
            raise ValidationError(_("There is no shopper of this key and no account of this name."))
        return found

    def asked(self) -> dict[str, Any]:
        """What `services.preview` is asked with; the form is valid."""
        given = self.cleaned_data
        told = {name: given[name] for name in ("language", "currency") if given[name]}
        return {
            "user_id": self._user_id,
            "products": given["products"],
            "shopper": given.get("shopper"),
            "category": given["category"] or None,
            "context": replace(self._context, **told),
        }
