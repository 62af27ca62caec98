"""What became of a run, in sentences."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext, ngettext

from recommendations.models import JobKind, JobRun, RuleKind
from recommendations.services.job_words import in_words

Result = Mapping[str, Any]


def sentences(run: JobRun) -> list[str]:
    """The result of a run that is done; empty for every other."""
    told = RESULTS.get(JobKind(run.kind)) if run.result and run.state == "done" else None
    return told(run.result) if told else []


def data_of(run: JobRun) -> str:
    """The data that a run worked on: how many orders, else what it was asked for."""
    orders = run.result.get("data_orders", run.result.get("orders"))
    if not isinstance(orders, int):
        sequence = re.match(r"sequence-(\d+)", run.slot)
        return gettext("orders as of change %(sequence)s") % {"sequence": sequence[1]} if sequence else run.slot
    return ngettext("%(orders)s order", "%(orders)s orders", orders) % {"orders": f"{orders:,}"}


def _mined(result: Result) -> list[str]:
    return [
        gettext("Published as version %(version)s: %(rules)s rules of %(pairs)s pairs; %(held)s pairs wait for staff.")
        % {
            "version": result.get("artefact"),
            "rules": _number(result, "rules"),
            "pairs": _number(result, "pairs_considered"),
            "held": _number(result, "pairs_held"),
        }
    ]


def _previewed(result: Result) -> list[str]:
    words = [
        gettext("With these: %(rules)s rules; now there are %(now)s. %(come)s come, %(go)s go.")
        % {name: _number(result, key) for name, key in PREVIEWED.items()},
        gettext("%(held)s more would wait for staff; now %(now)s do.")
        % {"held": _number(result, "held"), "now": _number(result, "held_now")},
    ]
    sampled = result.get("orders_sampled", 0)
    if sampled:
        words.append(
            gettext(
                "%(share)s of the %(sampled)s newest orders hold what a rule starts from; "
                "with the rules of now %(now)s."
            )
            % {
                "share": f"{result['orders_touched'] / sampled:.0%}",
                "now": f"{result['orders_touched_now'] / sampled:.0%}",
                "sampled": f"{sampled:,}",
            }
        )
    labels = dict(RuleKind.choices)
    words += [
        gettext("%(kind)s: %(rules)s rules, now %(now)s.")
        % {"kind": labels.get(kind, kind), "rules": f"{then:,}", "now": f"{now:,}"}
        for kind, (then, now) in result.get("kinds", {}).items()
        if then or now
    ]
    return words


PREVIEWED = {"rules": "rules", "now": "rules_now", "come": "come", "go": "go"}


def _trained(result: Result) -> list[str]:
    version = {"version": result.get("artefact")}
    if "refused" in result:
        words = [gettext("Version %(version)s was refused: %(reason)s") % {**version, "reason": result["refused"]}]
    else:
        words = [
            gettext("Published as version %(version)s: NDCG@10 %(ndcg)s on orders that it had not seen.")
            % {**version, "ndcg": f"{result.get('ndcg_10', 0):.3f}"}
        ]
    if "sessions_skipped" in result:
        words.append(
            gettext("Nothing was learnt from visits: %(reason)s") % {"reason": in_words(result["sessions_skipped"])}
        )
    return words


def _refreshed(result: Result) -> list[str]:
    words = gettext("%(items)s items were bought since the training, %(new)s of them new.")
    return [words % {"items": _number(result, "touched_items"), "new": _number(result, "new_items")}]


def _pruned(result: Result) -> list[str]:
    words = gettext("Deleted: %(events)s browse events, %(impressions)s impressions, %(jobs)s jobs.")
    return [words % {name: _number(result, name) for name in ("events", "impressions", "jobs")}]


def _recounted(result: Result) -> list[str]:
    return [gettext("%(orders)s orders counted anew.") % {"orders": _number(result, "orders")}]


def _backfilled(result: Result) -> list[str]:
    words = gettext("%(recorded)s orders recorded; %(known)s were known, %(conflicts)s contradict what is recorded.")
    return [words % {name: _number(result, name) for name in ("recorded", "known", "conflicts")}]


def _statistics(result: Result) -> list[str]:
    words = gettext("%(items)s items, %(rising)s of them sell more than before.")
    return [words % {name: _number(result, name) for name in ("items", "rising")}]


def _exposed(result: Result) -> list[str]:
    words = gettext("%(impressions)s impressions counted; %(new_items)s items are new.")
    return [words % {name: _number(result, name) for name in ("impressions", "new_items")}]


def _figured(result: Result) -> list[str]:
    days = result.get("days", 0)
    words = ngettext("The figures of %(days)s day made anew.", "The figures of %(days)s days made anew.", days)
    return [words % {"days": _number(result, "days")}]


def _erased(result: Result) -> list[str]:
    words = gettext("Erased shoppers: %(browsing)s events and impressions, %(ratings)s ratings, %(orders)s orders.")
    return [words % {name: _number(result, name) for name in ("browsing", "ratings", "orders")}]


def _number(result: Result, name: str) -> str:
    value = result.get(name, 0)
    return f"{value:,}" if isinstance(value, int | float) else str(value)


RESULTS: Mapping[JobKind, Callable[[Result], list[str]]] = {
    JobKind.MINE: _mined,
    JobKind.PREVIEW: _previewed,
    JobKind.TRAIN: _trained,
    JobKind.REFRESH: _refreshed,
    JobKind.PRUNE: _pruned,
    JobKind.RECOUNT: _recounted,
    JobKind.BACKFILL: _backfilled,
    JobKind.STATISTICS: _statistics,
    JobKind.EXPOSURES: _exposed,
    JobKind.OUTCOMES: _figured,
    JobKind.ERASE: _erased,
}
