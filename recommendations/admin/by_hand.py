"""Rules that staff make by hand: a product beside others, whatever the counts say."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from recommendations.admin.base import DECIDE, SEARCH_HELP, Page, may_decide, title_of
from recommendations.admin.curating import DecidedAdmin
from recommendations.admin.moments import MomentField
from recommendations.admin.products import ProductField, ProductsField, found
from recommendations.exceptions import InvalidInput
from recommendations.models import ManualRule
from recommendations.services.by_hand import choose, withdraw
from recommendations.services.titles import context_of, titles_of


class ChooseForm(forms.Form):
    """A product, those beside which it is to stand, and when."""

    product = ProductField(label=_("product to show"), help_text=_("Type words of its title, or its key."))
    beside = ProductsField(label=_("on the pages of"), help_text=_("One product or more."))
    position = forms.IntegerField(
        label=pgettext_lazy("in a list", "position"),
        required=False,
        min_value=1,
        max_value=100,
        help_text=_("1 to 100: the place in the list; empty: before all others"),
    )
    starts_at = MomentField(label=pgettext_lazy("a period", "from"), required=False)
    ends_at = MomentField(label=pgettext_lazy("a period", "to"), required=False)
    note = forms.CharField(label=_("note"), required=False, max_length=1_000)


@admin.register(ManualRule)
class ManualRuleAdmin(DecidedAdmin):
    list_display = ("product", "other", "position", "starts_at", "ends_at", "decided_by", "decided_at", "note")
    list_select_related = ("decided_by",)
    fields = (("product", "other"), "position", ("starts_at", "ends_at"), "note", ("decided_by", "decided_at"))
    readonly_fields = ("product", "other", "decided_by", "decided_at")
    search_fields = ("id",)
    search_help_text = SEARCH_HELP
    item_fields = ("antecedent", "consequent")
    ordering = ("-decided_at", "-id")

    product = title_of("consequent", _("product to show"))
    other = title_of("antecedent", _("beside"))

    def pages(self) -> Sequence[Page]:
        return (Page("products", "products/", DECIDE, found),)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_decide(request) or super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may_decide(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_decide(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_decide(request)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        user: Any = request.user
        withdraw(queryset, user_id=user.pk)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Choose by titles; one rule for each product beside which the other is to stand."""
        if not may_decide(request):
            return super().add_view(request, form_url, extra_context)
        form = ChooseForm(request.POST if request.method == "POST" else None)
        for name in ("product", "beside"):
            widget: Any = form.fields[name].widget
            widget.url = lambda: self.page_url("products")
            widget.chosen = lambda keys: titles_of(keys, context_of(request))
        if request.method == "POST" and form.is_valid():
            user: Any = request.user
            try:
                rules = choose(**form.cleaned_data, user_id=user.pk)
            except InvalidInput as error:
                form.add_error(error.field, error.message)
            else:
                words = ngettext("%(count)d rule by hand is kept.", "%(count)d rules by hand are kept.", len(rules))
                self.message_user(request, words % {"count": len(rules)}, messages.SUCCESS)
                return HttpResponseRedirect(reverse(f"admin:{self._named}_changelist"))
        context = {"form": form, "claims": [], "more": "", "media": self.media + form.media}
        return self.render(request, "decide.html", title=gettext("Show a product beside others"), context=context)
