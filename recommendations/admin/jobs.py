"""Background jobs: what ran, how far what runs is and what it tells, and buttons to run, cancel and try again."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from recommendations.admin import job_words
from recommendations.admin.base import RUN_JOBS, Page, table
from recommendations.admin.buttons import Button
from recommendations.admin.parameters import ParametersPages, in_words_table
from recommendations.data.cleaning import Dropped
from recommendations.exceptions import JobEnded
from recommendations.models import OPEN_STATES, Desk, Excluded, JobKind, JobLog, JobRun, JobState
from recommendations.services import command
from recommendations.services.background import background
from recommendations.services.job_log import KEPT
from recommendations.services.job_results import data_of
from recommendations.services.job_words import in_words

VIEW = "recommendations.view_jobrun"

MOST_WATCHED = 100

LINES: Mapping[str, Any] = {
    Dropped.NO_PRODUCT: _("no product, a gift or a filler, as the catalogue says"),
    Dropped.RETURNED: _("all pieces came back"),
    Dropped.FREE: _("at no price"),
    Dropped.DUPLICATE: _("one more line of the same item"),
    Dropped.CUT: _("items beyond the basket cap"),
}


@admin.register(JobRun)
class JobRunAdmin(ParametersPages):
    list_display = ("kind", "data", "moving_state", "bar", "outcome", "tries", "requested_by", "created_at", "took")
    list_filter = ("kind", "state", "created_at")
    fields = (
        ("kind", "data", "moving_state"),
        "bar",
        "result_in_words",
        "error_text",
        "log",
        "ran_with",
        "left_out",
        ("tries", "took", "slot"),
        ("requested_by", "created_at", "started_at", "finished_at"),
    )
    search_fields = ("slot",)
    search_help_text = _("Search by the whole slot or by who requested it.")
    exact_fields = ("slot", "requested_by")
    ordering = ("-id",)
    change_list_template = "admin/recommendations/jobs.html"
    change_form_template = "admin/recommendations/job.html"

    class Media:
        js = ("recommendations/jobs.js",)

    def buttons(self) -> Sequence[Button]:
        return [
            Button("mine", _("Mine now"), RUN_JOBS, _ask(JobKind.MINE)),
            Button("train", _("Train now"), RUN_JOBS, _ask(JobKind.TRAIN)),
            Button("refresh", _("Refresh now"), RUN_JOBS, _ask(JobKind.REFRESH)),
            Button("retry", _("Try given-up jobs again"), RUN_JOBS, _retry),
        ]

    def pages(self) -> Sequence[Page]:
        return [
            Page("live", "live/", VIEW, self.live),
            Page("cancel", "<int:pk>/cancel/", RUN_JOBS, self.cancel),
            Page("again", "<int:pk>/again/", RUN_JOBS, self.run_again),
            *self.parameters_pages(),
        ]

    def get_list_display(self, request: HttpRequest) -> Any:
        if not request.user.has_perm(RUN_JOBS):
            return self.list_display
        after = self.list_display.index("bar") + 1
        return [*self.list_display[:after], "stop", *self.list_display[after:]]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        now = timezone.now()
        told = {"told": job_words.told_of(background(now=now), now=now)}
        response = super().changelist_view(request, {**(extra_context or {}), **told})
        page = getattr(response, "context_data", None) or {}
        if "cl" in page:
            page["live_url"] = self.live_url([run for run in page["cl"].result_list if run.state in OPEN_STATES])
        return response

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        states = {"open_states": OPEN_STATES, "ended_states": (JobState.FAILED, JobState.SKIPPED)}
        own = {**states, "may_run": request.user.has_perm(RUN_JOBS)}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **own})

    def live_url(self, runs: Sequence[JobRun], *, page: str = "live") -> str:
        """Where a page asks how these runs go on; empty where none of them does."""
        ids = ",".join(str(run.pk) for run in runs)
        return f"{self.page_url(page)}?ids={ids}" if ids else ""

    def live(self, request: HttpRequest) -> JsonResponse:
        """How the runs of `ids` are, and lines of the log of a single one that come after the line `after`."""
        ids = [int(one) for one in request.GET.get("ids", "").split(",") if one.isdecimal() and len(one) < 19]
        runs = list(JobRun.objects.filter(pk__in=ids[:MOST_WATCHED]).order_by("id"))
        after = request.GET.get("after", "")
        lines: list[JobLog] = []
        if len(runs) == 1 and after.isdecimal() and len(after) < 19:
            lines = list(JobLog.objects.filter(job=runs[0], pk__gt=int(after)).order_by("id")[:KEPT])
        told = {"runs": [*map(job_words.as_json, runs)], "lines": [*map(job_words.line_as_json, lines)]}
        return JsonResponse(told, headers={"Cache-Control": "private, no-store"})

    def cancel(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Stop a run and go back to where the button was."""

        def press(run: JobRun) -> None:
            try:
                command.cancel(run, user=request.user)
                messages.success(request, gettext("Cancelled: %(job)s.") % {"job": run.get_kind_display()})
            except JobEnded:
                messages.info(request, gettext("%(job)s is over already.") % {"job": run.get_kind_display()})

        return self._pressed(request, pk, press)

    def run_again(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let a run that came to nothing try again."""

        def press(run: JobRun) -> None:
            if command.run_again(run, user=request.user):
                messages.success(request, job_words.asked(run, brought_about=True))
            else:
                messages.info(
                    request, gettext("%(job)s: a run is waiting or at work already.") % {"job": run.get_kind_display()}
                )

        return self._pressed(request, pk, press)

    def _pressed(self, request: HttpRequest, pk: int, press: Callable[[JobRun], None]) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        press(get_object_or_404(JobRun, pk=pk))
        if "list" in request.GET:
            return HttpResponseRedirect(self.list_url())
        named = f"admin:{self._named}_change"
        return HttpResponseRedirect(reverse(named, args=[pk], current_app=self.admin_site.name))

    @admin.display(description=_("data"))
    def data(self, run: Any) -> str:
        return data_of(run)

    @admin.display(description=_("state"), ordering="state")
    def moving_state(self, run: Any) -> SafeString:
        return job_words.moving(run, "state", run.get_state_display())

    @admin.display(description=_("progress"))
    def bar(self, run: Any) -> SafeString:
        return job_words.progress_bar(run)

    @admin.display(description=_("result"))
    def outcome(self, run: Any) -> SafeString:
        return job_words.moving(run, "outcome", job_words.outcome(run))

    @admin.display(description=_("attempts"))
    def tries(self, run: Any) -> SafeString:
        return job_words.moving(run, "attempts", run.attempts)

    @admin.display(description=_("took"))
    def took(self, run: Any) -> SafeString:
        return job_words.moving(run, "took", job_words.took(run))

    @admin.display(description=_("result"))
    def result_in_words(self, run: Any) -> SafeString:
        return job_words.result_of(run)

    @admin.display(description=_("error"))
    def error_text(self, run: Any) -> SafeString:
        return format_html("<pre>{}</pre>", in_words(run.error) or "-")

    @admin.display(description="")
    def stop(self, run: Any) -> SafeString | str:
        """A button of the list's own form, that sends it elsewhere."""
        if run.state not in OPEN_STATES:
            return ""
        return format_html(
            '<span data-basketry-run="{}" data-basketry-part="open">'
            '<button type="submit" class="button" formmethod="post" formaction="{}?list">{}</button></span>',
            run.pk,
            self.page_url("cancel", run.pk),
            gettext("Cancel"),
        )

    @admin.display(description=_("log"))
    def log(self, run: Any) -> SafeString:
        """The newest lines, in which those that come are put while the run is open."""
        lines = list(JobLog.objects.filter(job=run).order_by("-id")[:KEPT])[::-1]
        rows = format_html_join(
            "",
            '<tr class="basketry-log-{level}"><td>{at}</td><td>{label}</td><td>{text}</td></tr>',
            (job_words.line_as_json(line) for line in lines),
        )
        is_open = run.state in OPEN_STATES
        return format_html(
            '<div class="basketry-log" role="region" tabindex="0" aria-label="{}"{}>'
            '<table data-basketry-log data-basketry-last="{}"{}>'
            "<thead><tr><th>{}</th><th>{}</th><th>{}</th></tr></thead><tbody>{}</tbody></table></div>",
            gettext("log"),
            format_html(' data-basketry-live="{}"', self.live_url([run])) if is_open else "",
            lines[-1].pk if lines else 0,
            "" if lines else SafeString(" hidden"),
            gettext("when"),
            gettext("level"),
            gettext("line"),
            rows,
        )

    @admin.display(description=_("ran with"))
    def ran_with(self, run: Any) -> SafeString | str:
        desk = Desk.TRAINING if run.kind == JobKind.TRAIN else Desk.MINING
        return in_words_table(desk, run.parameters) or "-"

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


def _ask(kind: JobKind) -> Any:
    def press(request: HttpRequest) -> None:
        run, brought_about = command.run_now(kind, user=request.user)
        level = messages.SUCCESS if brought_about else messages.INFO
        messages.add_message(request, level, job_words.asked(run, brought_about=brought_about))

    return press


def _retry(request: HttpRequest) -> None:
    opened = command.retry(user=request.user)
    words = ngettext("%(jobs)d job is tried again.", "%(jobs)d jobs are tried again.", opened) % {"jobs": opened}
    messages.info(request, words if opened else gettext("No kind's last run was given up."))
