"""Background jobs: how far they are, what went wrong, and buttons to ask for one now."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from recommendations.admin.base import table
from recommendations.admin.buttons import Button, ButtonAdmin
from recommendations.data.cleaning import Dropped
from recommendations.models import OPEN_STATES, Excluded, JobKind, JobRun, JobState
from recommendations.services import command

LONGEST_IN_LIST = 120

LINES: Mapping[str, Any] = {
    Dropped.NO_PRODUCT: _("no product, a gift or a filler, as the catalogue says"),
    Dropped.RETURNED: _("all pieces came back"),
    Dropped.FREE: _("at no price"),
    Dropped.DUPLICATE: _("one more line of the same item"),
    Dropped.CUT: _("items beyond the basket cap"),
}


@admin.register(JobRun)
class JobRunAdmin(ButtonAdmin):
    list_display = ("kind", "slot", "state", "bar", "problem", "attempts", "requested_by", "created_at", "took")
    list_filter = ("kind", "state")
    fields = (
        ("kind", "slot", "state"),
        "bar",
        "error_text",
        "left_out",
        "result",
        ("attempts", "token", "lease_until"),
        ("requested_by", "created_at", "started_at", "finished_at"),
    )
    search_fields = ("slot",)
    search_help_text = _("Search by the whole slot or by who requested it.")
    exact_fields = ("slot", "requested_by")
    date_hierarchy = "created_at"
    ordering = ("-id",)

    def buttons(self) -> Sequence[Button]:
        return [
            Button("mine", _("Mine now"), "recommendations.run_jobrun", _ask(JobKind.MINE)),
            Button("train", _("Train now"), "recommendations.run_jobrun", _ask(JobKind.TRAIN)),
            Button("refresh", _("Refresh now"), "recommendations.run_jobrun", _ask(JobKind.REFRESH)),
            Button("retry", _("Try given-up jobs again"), "recommendations.run_jobrun", _retry),
        ]

    @admin.display(description=_("progress"))
    def bar(self, run: Any) -> SafeString:
        percent = round(100 * run.progress)
        return format_html('<progress value="{}" max="100"></progress> {}% {}', percent, percent, run.message)

    @admin.display(description=_("error"))
    def problem(self, run: Any) -> str:
        last_line = run.error.strip().rpartition("\n")[2]
        return str(last_line[:LONGEST_IN_LIST])

    @admin.display(description=_("error"))
    def error_text(self, run: Any) -> SafeString:
        return format_html("<pre>{}</pre>", run.error or "-")

    @admin.display(description=_("left out of the counts"))
    def left_out(self, run: Any) -> SafeString | str:
        """What a recount did not count, by reason."""
        rows = [
            (words, label, f"{counts[reason]:,}")
            for words, labels, counts in (
                (_("orders"), dict(Excluded.choices), run.result.get("orders_left_out", {})),
                (_("order lines"), LINES, run.result.get("lines_left_out", {})),
            )
            for reason, label in labels.items()
            if reason in counts
        ]
        return table((_("what"), _("why"), _("how many")), rows) if rows else "-"

    @admin.display(description=_("took"))
    def took(self, run: Any) -> str:
        if run.started_at is None:
            return ""
        end = run.finished_at or timezone.now()
        return gettext("%(seconds)s s") % {"seconds": f"{(end - run.started_at).total_seconds():,.0f}"}


def _ask(kind: JobKind) -> Any:
    def press(request: HttpRequest) -> None:
        run, brought_about = command.run_now(kind, user=request.user)
        level = messages.SUCCESS if brought_about else messages.INFO
        messages.add_message(request, level, _answer(run, brought_about=brought_about))

    return press


def _retry(request: HttpRequest) -> None:
    opened = command.retry(user=request.user)
    words = ngettext("%(jobs)d job is tried again.", "%(jobs)d jobs are tried again.", opened) % {"jobs": opened}
    messages.info(request, words if opened else gettext("No kind's last run was given up."))


def _answer(run: JobRun, *, brought_about: bool) -> str:
    words = {"job": run.get_kind_display(), "attempts": run.attempts}
    if brought_about:
        return gettext("Requested: %(job)s. A worker takes it up within seconds.") % words
    if run.state in OPEN_STATES:
        return gettext("%(job)s: a run is waiting or at work already.") % words
    if run.state == JobState.FAILED:
        return (
            gettext("%(job)s failed %(attempts)d times on these orders; it is tried again when orders change.") % words
        )
    return gettext("%(job)s: no order changed since the last run, so there is nothing to do.") % words
