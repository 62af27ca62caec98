"""Forms of placements and pins, in plain words; what is tried without being saved is validated by the same ones."""

from datetime import datetime, timedelta
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from recommendations.models import CategoryBan, Fallback, Pin, Placement
from recommendations.services.weekend import this_weekend

SETTINGS = (
    "strategy",
    "sources",
    "limit",
    "fallbacks",
    "in_stock_only",
    "bought_before",
    "diversity",
    "per_category",
    "per_brand",
    "price_band",
    "promoted_share",
    "explore",
)
"""What may be tried before it is saved."""

HELP = {
    "slug": _("the name that the shop's pages ask for; a change of it empties the spot until the pages follow"),
    "title": _("the heading above the list in the shop; empty: none"),
    "strategy": _("how the list is made"),
    "sources": _(
        "only for a blend: which strategies it mixes and how much each counts, such as "
        '[{"strategy": "related", "weight": 0.7}, {"strategy": "similar", "weight": 0.3}]'
    ),
    "limit": _("how many products the list shows, from 1 to 100"),
    "in_stock_only": _("leaves out what is sold out"),
    "bought_before": _("of the shopper who is looking; lists of what they bought or viewed show it in any case"),
    "diversity": _("from 0 to 1: 0 shows the best, even if all are alike; higher mixes in what is unlike the others"),
    "per_category": _("from 1 to 100; empty: any number. A list that would be short takes more."),
    "per_brand": _("from 1 to 100; empty: any number. A list that would be short takes more."),
    "price_band": _(
        "from 1 to 1,000: 3 leaves out what costs over 3 times, or under a third of, the product asked about"
    ),
    "promoted_share": _("from 0 to 1: 0.25 lets sponsored products take a quarter of the places at most"),
    "explore": _("from 0 to 0.5: 0.2 gives every fifth place to new products, so that they get a chance to be seen"),
}


class SettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    """How a placement's list is made; the fallback chain as boxes to tick, in the order in which they are asked."""

    fallbacks = forms.MultipleChoiceField(
        label=_("fallback chain"),
        choices=Fallback,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("asked from the top where the strategy has nothing, or too little"),
    )

    class Meta:
        model = Placement
        fields: tuple[str, ...] = SETTINGS
        help_texts = HELP
        widgets: ClassVar = {"sources": forms.Textarea(attrs={"rows": 2})}


class PlacementForm(SettingsForm):
    class Meta(SettingsForm.Meta):
        fields = ("slug", "title", *SETTINGS)


class PinForm(forms.ModelForm):  # type: ignore[type-arg]
    """A pin, whose dates a word may stand for."""

    period = forms.ChoiceField(
        label=_("or for"),
        choices=[
            ("", "-"),
            ("weekend", _("this weekend")),
            ("week", _("the next 7 days")),
            ("always", _("always")),
        ],
        required=False,
    )

    class Meta:
        model = Pin
        fields = ("placement", "item", "kind", "position", "factor", "starts_at", "ends_at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None and "item" in self.fields:
            # A pin stays with its product; and a search in each line would ask the database once a line.
            item = self.instance.item
            self.fields["item"].disabled = True
            self.fields["item"].widget = forms.Select(choices=[(item.pk, item.key)])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("period"):
            cleaned["starts_at"], cleaned["ends_at"] = _period(cleaned["period"], timezone.now())
        _require_order(self, cleaned)
        if cleaned.get("position") is not None and not 1 <= cleaned["position"] <= 100:
            self.add_error("position", _("Must be from 1 to 100, or empty."))
        if cleaned.get("factor") is not None and not 0 < cleaned["factor"] <= 1_000:
            self.add_error("factor", _("Must be above 0, up to 1,000."))
        return cleaned


class BanForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = CategoryBan
        fields = ("category", "beside", "starts_at", "ends_at", "note")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        _require_order(self, cleaned)
        return cleaned


def _require_order(form: forms.Form | forms.ModelForm, cleaned: dict[str, Any]) -> None:  # type: ignore[type-arg]
    starts_at, ends_at = cleaned.get("starts_at"), cleaned.get("ends_at")
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        form.add_error("ends_at", _("Must be later than its start."))


def _period(word: str, now: datetime) -> tuple[datetime | None, datetime | None]:
    """From when and to when."""
    if word == "weekend":
        return this_weekend(now)
    if word == "week":
        return now, now + timedelta(days=7)
    return None, None
