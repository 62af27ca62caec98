"""Published versions in words, which of them serves, and the way back to the one before."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from recommendations.admin.base import Page, ReadOnlyAdmin
from recommendations.admin.evaluations import curves_of, table_of, told_of
from recommendations.admin.parameters import in_words_table
from recommendations.admin.verdicts import reason_of, verdict_of
from recommendations.admin.version_pages import VersionPages
from recommendations.models import Artefact, ArtefactKind, ArtefactStatus, Desk, LivePointer

LOOK = "recommendations.view_artefact"
PUBLISH = "recommendations.publish_artefact"
ROLL_BACK = "recommendations.roll_back_artefact"

CHARTS = (
    "recommendations/vendor/echarts/echarts.min.js",
    "recommendations/charts.js",
    "recommendations/network-curves.js",
)


@admin.register(Artefact)
class ArtefactAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "status", "serves", "publish", "in_words", "data_orders", "why", "created_at")
    list_filter = ("kind", "status")
    fields = (
        ("kind", "status", "serves", "publish"),
        "in_words",
        "why",
        ("data_orders", "data_sequence", "created_at"),
        "ran_with",
        ("file", "size", "sha256"),
        "metrics",
    )
    network_fields = (
        ("kind", "status", "serves", "publish"),
        "in_words",
        "worth",
        "verdict",
        "why",
        "evaluation",
        "course",
        ("data_orders", "data_sequence", "created_at"),
        "ran_with",
        ("file", "size", "sha256"),
        "refreshed_in_words",
        "measured_text",
    )
    ordering = ("-id",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        is_network = obj is not None and obj.kind == ArtefactKind.NETWORK
        return self.network_fields if is_network else self.fields

    class Media:
        css = {"all": ("recommendations/versions.css",)}

    def pages(self) -> Sequence[Page]:
        views = VersionPages(self)
        back = (
            (ArtefactKind.RULES, _("Roll back rules")),
            (ArtefactKind.NETWORK, _("Roll back network")),
        )
        return [
            Page("compare_rules", "compare/rules/", LOOK, views.compare_rules, _("Compare rules")),
            Page("compare_networks", "compare/networks/", LOOK, views.compare_networks, _("Compare networks")),
            Page("publish", "<int:artefact_id>/publish/", PUBLISH, views.publish),
            *(
                Page(
                    f"roll_back_{kind.value}",
                    f"roll-back/{kind.value}/",
                    ROLL_BACK,
                    partial(views.roll_back, kind=kind),
                    label,
                )
                for kind, label in back
            ),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The page of one version: a network's draws how it learnt."""
        artefact = kwargs["obj"]
        if artefact.kind == ArtefactKind.NETWORK:
            scripts: Any = [forms.Script(path, defer=True) for path in CHARTS]
            context["media"] += forms.Media(js=scripts)
        return super().render_change_form(request, context, *args, **kwargs)

    def dress(self, rows: Sequence[Any], request: HttpRequest) -> None:
        live = set(LivePointer.objects.values_list("artefact_id", flat=True))
        may_publish = request.user.has_perm(PUBLISH)
        for row in rows:
            row.is_live = row.pk in live
            row.may_serve = may_publish and not row.is_live and row.status == ArtefactStatus.PUBLISHED

    @admin.display(description=_("serves"), boolean=True)
    def serves(self, artefact: Any) -> bool:
        return bool(artefact.is_live)

    @admin.display(description=_("let it serve"))
    def publish(self, artefact: Any) -> SafeString | str:
        if not artefact.may_serve:
            return "-"
        return format_html('<a href="{}">{}</a>', self.page_url("publish", artefact.pk), gettext("let it serve"))

    @admin.display(description=_("reason"))
    def why(self, artefact: Any) -> str:
        return reason_of(artefact) or "-"

    @admin.display(description=_("measured"))
    def in_words(self, artefact: Any) -> str:
        told = {ArtefactKind.RULES: _rules, ArtefactKind.ITEMS: _items}
        return told.get(artefact.kind, _network)(artefact.metrics)

    @admin.display(description=_("the gate's verdict"))
    def verdict(self, artefact: Any) -> SafeString | str:
        return verdict_of(artefact.metrics)

    @admin.display(description=_("what it is worth"))
    def worth(self, artefact: Any) -> SafeString | str:
        return told_of(artefact.metrics)

    @admin.display(description=_("evaluation"))
    def evaluation(self, artefact: Any) -> SafeString | str:
        return table_of(artefact.metrics)

    @admin.display(description=_("course of the training"))
    def course(self, artefact: Any) -> SafeString | str:
        return curves_of(artefact.metrics)

    @admin.display(description=_("refreshed since"))
    def refreshed_in_words(self, artefact: Any) -> str:
        return _refreshed(artefact.refreshed) or "-"

    @admin.display(description=_("ran with"))
    def ran_with(self, artefact: Any) -> SafeString | str:
        desk = Desk.MINING if artefact.kind == ArtefactKind.RULES else Desk.TRAINING
        return in_words_table(desk, artefact.metrics.get("parameters", {})) or "-"

    @admin.display(description=_("everything measured"))
    def measured_text(self, artefact: Any) -> SafeString:
        text = json.dumps(artefact.metrics, indent=1, ensure_ascii=False)
        return format_html("<details><summary>JSON</summary><pre>{}</pre></details>", text)


@admin.register(LivePointer)
class LivePointerAdmin(ReadOnlyAdmin):
    list_display = ("kind", "artefact", "moved_at")
    list_select_related = ("artefact",)
    ordering = ("kind",)


def _rules(figures: Mapping[str, Any]) -> str:
    if "rules" not in figures:
        return ""
    return gettext("%(rules)s rules of %(pairs)s pairs") % {
        "rules": f"{figures['rules']:,}",
        "pairs": f"{figures.get('pairs_considered', 0):,}",
    }


def _items(figures: Mapping[str, Any]) -> str:
    if "rising" not in figures:
        return ""
    return gettext("%(items)s items, %(rising)s of them rise") % {
        "items": f"{figures['items']:,}",
        "rising": f"{figures['rising']:,}",
    }


def _network(figures: Mapping[str, Any]) -> str:
    if "ndcg_10" not in figures:
        return ""
    return gettext("NDCG@10 %(ours).3f on held-out orders; most popular %(popular).3f") % {
        "ours": figures["ndcg_10"],
        "popular": figures.get("ndcg_10_most_popular", 0.0),
    }


def _refreshed(told: Mapping[str, Any]) -> str:
    """When the arrays were brought up to date with the orders since the training, and how much changed."""
    at, figures = parse_datetime(str(told.get("at", ""))), told.get("metrics", {})
    if at is None:
        return ""
    touched = figures.get("touched_items", 0)
    words = ngettext(
        "%(at)s: %(touched)s item was bought since the training, %(new)s new; "
        "vectors moved by %(drift)s of their length",
        "%(at)s: %(touched)s items were bought since the training, %(new)s new; "
        "vectors moved by %(drift)s of their length",
        touched,
    )
    return words % {
        "at": date_format(timezone.localtime(at), "DATETIME_FORMAT"),
        "touched": f"{touched:,}",
        "new": f"{figures.get('new_items', 0):,}",
        "drift": f"{figures.get('drift', 0.0):.1%}",
    }
