"""Published versions in words, which of them serves, and the way back to the one before."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from recommendations.admin.base import ReadOnlyAdmin
from recommendations.admin.buttons import Button, ButtonAdmin
from recommendations.admin.evaluations import curves_of, table_of, verdict_of
from recommendations.admin.parameters import in_words_table
from recommendations.exceptions import ArtefactRefused
from recommendations.models import Artefact, ArtefactKind, Desk, LivePointer
from recommendations.services import command


@admin.register(Artefact)
class ArtefactAdmin(ButtonAdmin):
    list_display = ("__str__", "status", "serves", "in_words", "data_orders", "size", "reason", "created_at")
    list_filter = ("kind", "status")
    fields = (
        ("kind", "status", "serves"),
        "in_words",
        "reason",
        ("data_orders", "data_sequence", "created_at"),
        "ran_with",
        ("file", "size", "sha256"),
        "metrics",
    )
    network_fields = (
        ("kind", "status", "serves"),
        "in_words",
        "verdict",
        "reason",
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

    def buttons(self) -> Sequence[Button]:
        return [
            Button("rules", _("Roll back rules"), "recommendations.roll_back_artefact", self._back(ArtefactKind.RULES)),
            Button(
                "network",
                _("Roll back network"),
                "recommendations.roll_back_artefact",
                self._back(ArtefactKind.NETWORK),
            ),
        ]

    def dress(self, rows: Sequence[Any], request: HttpRequest) -> None:
        live = set(LivePointer.objects.values_list("artefact_id", flat=True))
        for row in rows:
            row.is_live = row.pk in live

    @admin.display(description=_("serves"), boolean=True)
    def serves(self, artefact: Any) -> bool:
        return bool(artefact.is_live)

    @admin.display(description=_("measured"))
    def in_words(self, artefact: Any) -> str:
        told = {ArtefactKind.RULES: _rules, ArtefactKind.ITEMS: _items}
        return told.get(artefact.kind, _network)(artefact.metrics)

    @admin.display(description=_("the gate's verdict"))
    def verdict(self, artefact: Any) -> SafeString | str:
        return verdict_of(artefact.metrics)

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

    def _back(self, kind: ArtefactKind) -> Any:
        def press(request: HttpRequest) -> None:
            try:
                artefact = command.roll_back(kind, user=request.user)
            except ArtefactRefused:
                words = gettext("There is no earlier version to go back to: %(kind)s.") % {"kind": kind.label}
                self.message_user(request, words, messages.WARNING)
                return
            self.message_user(request, gettext("%(version)s serves now.") % {"version": artefact}, messages.SUCCESS)

        return press


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
