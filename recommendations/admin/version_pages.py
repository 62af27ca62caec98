"""Pages beside the list of versions: two of them compared, and the ways to let another one serve, each confirmed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from recommendations import store
from recommendations.admin.base import BasketryAdmin
from recommendations.admin.evaluations import beside_of, sentences_of
from recommendations.admin.verdicts import grounds, reason_of
from recommendations.exceptions import ArtefactRefused
from recommendations.models import Artefact, ArtefactKind, ArtefactStatus, LivePointer, Rule, RuleKind
from recommendations.selectors.compared_rules import Counts, counted_changes
from recommendations.services import claims, command
from recommendations.services.compare_rules import Pair, compare_rules
from recommendations.services.titles import context_of, titles

MOST_VERSIONS = 20


@dataclass(frozen=True, slots=True)
class VersionPages:
    """The views of the pages. Letting another version serve writes on POST alone."""

    admin: BasketryAdmin

    def compare_rules(self, request: HttpRequest) -> HttpResponse:
        """What came, went and moved from one kept version of rules to another."""
        before, after, versions = self._chosen(request, ArtefactKind.RULES)
        context: dict[str, Any] = {"versions": versions, "before": before, "after": after}
        if before is not None and after is not None:
            found = compare_rules(before.pk, after.pk)
            known = titles(found.items, context_of(request))
            context |= {
                "counts": [_counted(one) for one in found.counts],
                "parts": [
                    (gettext("New rules, the most ordered first"), [self._told(one, known) for one in found.came]),
                    (gettext("Rules that are gone"), [self._told(one, known) for one in found.went]),
                    (
                        gettext("Confidence moved most: how many of those with the first also took the second"),
                        [self._moved(one, known, "confidence", "{:.1%}") for one in found.confidence],
                    ),
                    (
                        gettext("Weighted lift moved most: how many times more often together than by chance"),
                        [self._moved(one, known, "weighted_lift", "{:,.2f}") for one in found.weighted_lift],
                    ),
                ],
            }
        title = gettext("Compare two versions of rules")
        return self.admin.render(request, "version_rules.html", title=title, context=context)

    def compare_networks(self, request: HttpRequest) -> HttpResponse:
        """Two networks side by side: what each named, how each learnt, what the gate said."""
        before, after, versions = self._chosen(request, ArtefactKind.NETWORK)
        context: dict[str, Any] = {"versions": versions, "before": before, "after": after}
        if before is not None and after is not None:
            both = (before, after)
            context |= {
                "names": [version_words(one) for one in both],
                "rows": network_rows(both),
                "curves": beside_of([(version_words(one), one.metrics) for one in both]),
            }
        title = gettext("Compare two networks")
        return self.admin.render(request, "version_networks.html", title=title, context=context)

    def publish(self, request: HttpRequest, artefact_id: int) -> HttpResponse:
        """Let a version serve, once it is confirmed."""
        artefact = get_object_or_404(Artefact, pk=artefact_id)
        kind = ArtefactKind(artefact.kind)
        refusal = _why_not(artefact)
        if request.method == "POST" and not refusal:
            try:
                command.serve_version(artefact, user=request.user)
            except ArtefactRefused:
                refusal = gettext("The file of %(version)s is missing or was changed.") % {"version": artefact}
            else:
                return self._served(request, artefact)
        title = gettext("Let %(version)s serve?") % {"version": artefact}
        return self._confirm(request, title, kind, artefact, refusal)

    def roll_back(self, request: HttpRequest, kind: ArtefactKind) -> HttpResponse:
        """Let the version before the live one serve, once it is confirmed; a second click goes no further back."""
        artefact = store.earlier(kind)
        none = gettext("There is no earlier version to go back to: %(kind)s.") % {"kind": kind.label}
        refusal = none if artefact is None else ""
        if artefact is not None and request.POST.get("version") == str(artefact.pk):
            try:
                return self._served(request, command.roll_back(kind, to=artefact, user=request.user))
            except ArtefactRefused:
                refusal = none
        elif request.method == "POST" and not refusal:
            messages.error(request, gettext("Another version serves since you looked: nothing was done."))
        title = gettext("Roll back: %(kind)s") % {"kind": kind.label}
        return self._confirm(request, title, kind, artefact, refusal)

    def _chosen(
        self, request: HttpRequest, kind: ArtefactKind
    ) -> tuple[Artefact | None, Artefact | None, list[Artefact]]:
        """From which to which: as asked for, be it a refused network; else to the live one from the one before it."""
        found = Artefact.objects.filter(kind=kind).exclude(status=ArtefactStatus.BUILDING)
        if kind == ArtefactKind.RULES:
            found = found.filter(status=ArtefactStatus.PUBLISHED)
        versions = list(found.order_by("-id")[:MOST_VERSIONS])
        by_id = {str(one.pk): one for one in versions}
        live_id = command.live_id(kind)
        newest_first = sorted(versions, key=lambda one: (one.pk != live_id, -one.pk))
        after = by_id.get(request.GET.get("after", ""), next(iter(newest_first), None))
        others = [one for one in newest_first if one != after]
        older = [one for one in others if after is not None and one.pk < after.pk]
        before = by_id.get(request.GET.get("before", ""), next(iter(older or others), None))
        for one in versions:
            one.words = version_words(one, is_live=one.pk == live_id)  # type: ignore[attr-defined]
        return before, after, versions

    def _confirm(
        self, request: HttpRequest, title: str, kind: ArtefactKind, artefact: Artefact | None, refusal: str
    ) -> HttpResponse:
        live = next((one.artefact for one in LivePointer.objects.filter(kind=kind).select_related("artefact")), None)
        context: dict[str, Any] = {"refusal": refusal, "artefact": artefact, "back_url": self._list_url()}
        if artefact is not None and not refusal:
            context["now"] = version_words(live) if live else gettext("none")
            context["then"] = version_words(artefact)
            if live is not None and kind == ArtefactKind.RULES:
                context["changes"] = [_counted(one) for one in counted_changes(live.pk, artefact.pk)]
            elif live is not None and kind == ArtefactKind.NETWORK:
                context["rows"] = network_rows((live, artefact))
                context["names"] = [context["now"], context["then"]]
        return self.admin.render(request, "version_confirm.html", title=title, context=context)

    def _served(self, request: HttpRequest, artefact: Artefact) -> HttpResponse:
        self.admin.message_user(request, gettext("%(version)s serves now.") % {"version": artefact}, messages.SUCCESS)
        return HttpResponseRedirect(self._list_url())

    def _list_url(self) -> str:
        return reverse("admin:recommendations_artefact_changelist", current_app=self.admin.admin_site.name)

    def _told(self, rule: Rule, known: Mapping[int, str]) -> dict[str, str]:
        url = reverse("admin:recommendations_rule_change", args=[rule.pk], current_app=self.admin.admin_site.name)
        return {"url": url, "words": claims.sentence(rule, known), "moved": ""}

    def _moved(self, pair: Pair, known: Mapping[int, str], measure: str, form: str) -> dict[str, str]:
        was, now = (getattr(rule, measure) for rule in pair)
        arrow = "▲" if now > was else "▼"
        return {**self._told(pair[1], known), "moved": f"{arrow} {form.format(was)} → {form.format(now)}"}


def network_rows(versions: Sequence[Artefact]) -> list[tuple[str, list[str]]]:
    """What networks were measured to be worth and what the gate said, a row a question, a cell a version."""
    told = [sentences_of(one.metrics) for one in versions]
    asked = list(dict.fromkeys(question for one in told for question in one))
    rows = [(question, [one.get(question, "-") for one in told]) for question in asked]
    verdicts = [" ".join(grounds(one.metrics.get("gate", {}))) or reason_of(one) or "-" for one in versions]
    orders = [f"{one.data_orders:,}" for one in versions]
    return [*rows, (gettext("the gate's verdict"), verdicts), (gettext("orders it learnt from"), orders)]


def version_words(artefact: Artefact, *, is_live: bool = False) -> str:
    """Which version, from when, and whether it serves."""
    at = date_format(timezone.localtime(artefact.created_at), "SHORT_DATETIME_FORMAT")
    state = gettext("serves") if is_live else ""
    if artefact.status != ArtefactStatus.PUBLISHED:
        state = artefact.get_status_display()
    return " · ".join(word for word in (str(artefact), at, state) if word)


def _counted(counts: Counts) -> str:
    kind = dict(RuleKind.choices)[counts.kind]
    words = gettext("%(kind)s: %(came)s new, %(went)s gone, %(stayed)s in both")
    numbers = {"came": f"{counts.came:,}", "went": f"{counts.went:,}", "stayed": f"{counts.stayed:,}"}
    return words % {"kind": kind, **numbers}


def _why_not(artefact: Artefact) -> str:
    """Why a version cannot serve, as far as its row tells; empty where it may."""
    if artefact.status != ArtefactStatus.PUBLISHED:
        words = gettext("%(version)s was never published, so it cannot serve. %(why)s")
        return words % {"version": artefact, "why": reason_of(artefact)}
    if LivePointer.objects.filter(artefact=artefact).exists():
        return gettext("%(version)s serves already.") % {"version": artefact}
    return ""
