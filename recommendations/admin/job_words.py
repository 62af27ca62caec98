"""Runs and the background as staff read them: on the pages, and in what the pages ask for while a run is open."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext, ngettext

from recommendations.models import OPEN_STATES, JobLog, JobRun, JobState
from recommendations.services.background import Background
from recommendations.services.job_results import sentences
from recommendations.services.job_words import in_words

LONGEST_IN_LIST = 120


def as_json(run: JobRun) -> dict[str, Any]:
    """What moves while a run is open, in words."""
    return {
        "id": run.pk,
        "open": run.state in OPEN_STATES,
        "state": str(run.get_state_display()),
        "percent": percent(run),
        "progress": progress(run),
        "outcome": outcome(run),
        "problem": problem(run),
        "result": sentences(run),
        "took": took(run),
        "attempts": str(run.attempts),
    }


def line_as_json(line: JobLog) -> dict[str, Any]:
    """A line of the log."""
    return {"id": line.pk, "at": at(line.at), "level": line.level, "label": str(line.get_level_display())} | {
        "text": in_words(line.text)
    }


def percent(run: JobRun) -> int:
    """How far it is, from 0 to 100."""
    return round(100 * run.progress)


def progress(run: JobRun) -> str:
    """How far it is, and what it told last."""
    return f"{percent(run)}% {in_words(run.message)}".strip()


def outcome(run: JobRun) -> str:
    """What became of it in a line: the result, else the last line of the error."""
    found = sentences(run)
    if found:
        return found[0]
    return in_words(run.error.strip().rpartition("\n")[2])[:LONGEST_IN_LIST]


def problem(run: JobRun) -> str:
    """Why it came to nothing; empty where it did not."""
    if run.state == JobState.SKIPPED:
        return in_words(run.message)
    return outcome(run) if run.state == JobState.FAILED else ""


def took(run: JobRun) -> str:
    """How long it was at work, or is by now."""
    if run.started_at is None:
        return ""
    seconds = ((run.finished_at or timezone.now()) - run.started_at).total_seconds()
    return gettext("%(seconds)s s") % {"seconds": f"{max(seconds, 0):,.0f}"}


def at(moment: datetime) -> str:
    """The time of day, to the second."""
    return date_format(timezone.localtime(moment), "H:i:s")


def told_of(state: Background, *, now: datetime) -> Sequence[tuple[str, bool]]:
    """How the background does, a sentence each, and whether somebody should look after it."""
    found = [(_worker(state, now), not (state.works and state.folds))]
    if state.running is not None:
        words = gettext("At work: %(job)s, %(progress)s")
        found.append((words % {"job": state.running.get_kind_display(), "progress": progress(state.running)}, False))
    if state.waiting:
        first = state.waiting[0]
        words = ngettext(
            "%(jobs)s job waits; the oldest, %(job)s, since %(time)s.",
            "%(jobs)s jobs wait; the oldest, %(job)s, since %(time)s.",
            len(state.waiting),
        ) % {"jobs": len(state.waiting), "job": first.get_kind_display(), "time": timesince(first.created_at, now)}
        found.append((words, not state.works))
    if state.oldest_order is None:
        found.append((gettext("Every order is counted."), False))
    else:
        words = gettext("The order that waits longest to be counted came in %(time)s ago.")
        found.append((words % {"time": timesince(state.oldest_order, now)}, not state.folds))
    return found


def _worker(state: Background, now: datetime) -> str:
    if state.running is not None:
        return gettext("A worker is at work.")
    if not (state.works and state.folds):
        return gettext("No worker takes up what waits: is one running?")
    if state.last_sign is None:
        return gettext("No worker has run anything yet.")
    words = gettext("No job is at work. A worker gave the last sign of life %(time)s ago.")
    return words % {"time": timesince(state.last_sign, now)}


def progress_bar(run: JobRun) -> SafeString:
    """How far a run is, in what moves while it is open."""
    return format_html(
        '<span data-basketry-run="{}" data-basketry-part="progress">'
        '<progress value="{}" max="100" aria-label="{}"></progress> <span>{}</span></span>',
        run.pk,
        percent(run),
        gettext("progress"),
        progress(run),
    )


def result_of(run: JobRun) -> SafeString:
    """The result of a run in sentences, filled in once it is there."""
    told = format_html_join("", "<p>{}</p>", ((sentence,) for sentence in sentences(run)))
    return format_html('<div data-basketry-run="{}" data-basketry-part="result">{}</div>', run.pk, told)


def moving(run: JobRun, part: str, words: Any) -> SafeString:
    """A part of `as_json` that moves while the run is open."""
    return format_html('<span data-basketry-run="{}" data-basketry-part="{}">{}</span>', run.pk, part, words)


def asked(run: JobRun, *, brought_about: bool) -> str:
    """What became of asking for a run: this one was brought about by it, or is why none was."""
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
