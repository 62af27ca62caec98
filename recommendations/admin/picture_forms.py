"""What staff ask of the pictures of rules: which rules, and how they are drawn."""

from typing import Any

import numpy as np
from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from recommendations.data.categories import ItemCategories
from recommendations.models import Decision, RuleKind
from recommendations.selectors.rule_pictures import Asked, Standing, Strength
from recommendations.services.rule_graph import MOST_NODES

STRENGTHS = (
    (Strength.WEIGHTED_LIFT, _("times chance (weighted lift)")),
    (Strength.CONFIDENCE, _("share of the orders with the first product (confidence)")),
    (Strength.ORDERS, _("orders with both")),
)
STANDINGS = (
    (Standing.UNDECIDED, _("undecided")),
    (Standing.WAITING, _("waits for review")),
    *Decision.choices,
)
MEASURES = (
    ("support", _("support")),
    ("confidence", _("confidence")),
    ("lift", _("lift")),
    ("weighted_lift", _("weighted lift")),
    ("orders", _("orders or visitors with both")),
    ("shoppers", _("distinct shoppers")),
)
CELLS = (
    ("rules", _("number of rules")),
    ("orders", _("orders with both")),
    ("weighted_lift", _("mean weighted lift")),
)
RANDOM = "random"
CATEGORY_NAMES = "category-names"
"""The id of the list of categories on the page."""


def _category(label: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"list": CATEGORY_NAMES, "autocomplete": "off"})
    return forms.CharField(label=label, required=False, max_length=200, widget=widget)


class PictureForm(forms.Form):
    """Rules of one kind. What is not given is as `initial` has it."""

    kind = forms.ChoiceField(label=_("Kind"), choices=RuleKind.choices, initial=RuleKind.COMPLEMENT)
    least_orders = forms.IntegerField(label=_("Orders, at least"), required=False, min_value=0, max_value=10**12)
    least_confidence = forms.FloatField(
        label=_("Confidence in %, at least"), required=False, min_value=0, max_value=100
    )
    least_lift = forms.FloatField(
        label=_("Times chance, at least"),
        required=False,
        min_value=0,
        max_value=10**6,
        help_text=_("Weighted lift; of what is bought instead of each other, times less often than by chance."),
    )
    standing = forms.ChoiceField(
        label=_("Decision"), required=False, choices=(("", pgettext_lazy("decision", "any")), *STANDINGS)
    )
    first = _category(_("Category of the first product"))
    second = _category(_("Category of the second product"))

    def __init__(self, given: QueryDict, categories: ItemCategories) -> None:
        start = {name: field.initial for name, field in self.base_fields.items() if field.initial is not None}
        super().__init__({**start, **{name: given[name] for name in given if name in self.base_fields}})
        self._categories = categories

    def clean_first(self) -> str:
        return self._known("first")

    def clean_second(self) -> str:
        return self._known("second")

    def chosen(self, field: str) -> Strength:
        """By what rules are drawn: one kind has a single measure that says how strong it is."""
        substitutes = self.cleaned_data["kind"] == RuleKind.SUBSTITUTE
        return Strength.WEIGHTED_LIFT if substitutes else Strength(self.cleaned_data[field])

    def in_words(self, strength: Strength) -> str:
        """What that measure is called."""
        if self.cleaned_data["kind"] == RuleKind.SUBSTITUTE:
            return gettext("times less often than by chance (weighted lift)")
        return str(dict(STRENGTHS)[strength])

    def asked(self) -> Asked:
        """The question of a form that is valid."""
        told = self.cleaned_data
        return Asked(
            kind=RuleKind(told["kind"]),
            least_orders=told["least_orders"] or 0,
            least_confidence=(told["least_confidence"] or 0) / 100,
            least_lift=told["least_lift"] or 0,
            standing=Standing(told["standing"]) if told["standing"] else None,
            first=self._members("first"),
            second=self._members("second"),
        )

    def _known(self, field: str) -> str:
        name = str(self.cleaned_data[field])
        if name and name not in self._categories.names:
            raise ValidationError(gettext("The shop has no category of this name."))
        return name

    def _members(self, field: str) -> "np.ndarray[Any, np.dtype[np.int64]] | None":
        name = self.cleaned_data[field]
        return self._categories.members(name) if name else None


class GraphForm(PictureForm):
    """Around which product, or of the whole shop; how thick and how many."""

    field_order = ("product", "kind", "strength", "most")

    product = forms.CharField(
        label=_("Around this product"),
        required=False,
        max_length=200,
        help_text=_("Its key or words of its title. Empty: the strongest rules of the whole shop."),
        widget=forms.TextInput(attrs={"list": "product-names", "autocomplete": "off"}),
    )
    strength = forms.ChoiceField(label=_("Thickness"), choices=STRENGTHS, initial=Strength.WEIGHTED_LIFT)
    most = forms.IntegerField(label=_("Products, at most"), min_value=2, max_value=MOST_NODES, initial=60)


class MatrixForm(PictureForm):
    """What a cell shows."""

    field_order = ("show", "kind")

    show = forms.ChoiceField(label=_("A cell shows"), choices=CELLS, initial="rules")


class ScatterForm(PictureForm):
    """Which measures, and which rules where there are too many."""

    field_order = ("x", "y", "sample", "kind")

    x = forms.ChoiceField(label=_("To the right"), choices=MEASURES, initial="support")
    y = forms.ChoiceField(label=_("Upwards"), choices=MEASURES, initial="confidence")
    sample = forms.ChoiceField(
        label=_("If there are too many"),
        choices=(*STRENGTHS, (RANDOM, _("a random sample"))),
        initial=Strength.ORDERS,
    )
