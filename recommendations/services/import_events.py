"""Import browse events from a file: views, cart changes, searches, favourites, with the times they had."""

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from recommendations.data.tables import Cells, Refusal, RefusedLine, moment, resolve
from recommendations.exceptions import InvalidInput
from recommendations.services import record
from recommendations.services.importing import (
    Manner,
    Progress,
    Refusals,
    Source,
    Spent,
    in_parts,
    one_transaction,
    register,
    short_transaction,
    tell_reading,
)
from recommendations.services.read_table import open_table
from recommendations.services.staging import Browse, StagedEvents

FIELDS: Mapping[str, bool] = {
    "kind": True,
    "shopper": True,
    "at": True,
    "event_id": False,
    "item": False,
    "title": False,
    "dwell_seconds": False,
    "session": False,
    "query": False,
    "recommendation": False,
}
"""Fields of a line, True for those that a file must have."""

SHOPPERS_AT_ONCE = 50
NAMESPACE = uuid.UUID("2f0d3b0e-54a5-4c38-9e43-0b0f5d6f7a51")
"""Event ids of lines that bring no UUID are made in it: the same line gives the same id."""


@dataclass(frozen=True, slots=True)
class Events:
    """What the lines mean.

    `kinds` maps the file's words to ours; a word mapped to nothing is skipped, a word left out is taken as it is.
    With `register_products` products that the shop does not know are handed to its adapter, else their events
    are refused.
    """

    kinds: Mapping[str, str] = field(default_factory=dict)
    register_products: bool = False


@dataclass(slots=True)
class EventsReport:
    """What became of the lines."""

    lines: int = 0
    skipped: int = 0
    events_recorded: int = 0
    events_known: int = 0
    products_registered: int = 0
    refused: Mapping[Refusal, int] = field(default_factory=dict)
    seconds: float = 0.0
    peak_mb: float = 0.0


def import_events(*, source: Source, events: Events, manner: Manner, progress: Progress, now: datetime) -> EventsReport:
    """Import a file of browse events. Importing it again adds nothing; a shopper's refusal holds here too.

    Raises
    ------
    UnreadableFile : the file or one of its columns cannot be read; nothing was written.
    InvalidInput : strict, and a line was refused; nothing was written.
    """
    spent, report = Spent(), EventsReport()
    with open_table(source.path, encoding=source.encoding, delimiter=source.delimiter) as table:
        columns = resolve(FIELDS, source.columns, table.columns)
        raw_columns = table.raw_columns(list(columns.values()))
        with Refusals(manner, raw_columns) as refusals, StagedEvents() as staged:
            read = _reader(source, columns, events, manner)
            for row in table.rows(list(columns.values())):
                report.lines += 1
                tell_reading(table, report.lines, progress)
                try:
                    line = read(row.number, row.cells, refusals.keep(row.raw))
                except RefusedLine as error:
                    refusals.add(row.number, error.reason, row.raw)
                    continue
                if line is None:
                    report.skipped += 1
                else:
                    staged.add(line)
            progress(1.0, "sorting")
            staged.seal()
            with one_transaction(manner):
                if events.register_products:
                    report.products_registered = register(staged.products(), manner)
                _record(staged, refusals, report, progress, now)
            report.refused = dict(refusals.counts)
    report.seconds, report.peak_mb = spent.seconds(), spent.peak_mb()
    return report


Read = Callable[[int, Sequence[str] | None, str], Browse | None]


def _reader(source: Source, columns: Mapping[str, str], events: Events, manner: Manner) -> Read:
    cells, fields = source.cells(), list(columns)

    def read(number: int, values: Sequence[str] | None, raw: str) -> Browse | None:
        if values is None:
            raise RefusedLine(Refusal.MALFORMED)
        given = {name: text.strip() for name, text in zip(fields, values, strict=True)}
        kind = events.kinds.get(given["kind"], given["kind"])
        if not kind and given["kind"] in events.kinds:
            return None
        shopper = cells.shopper(given["shopper"], manner.shopper_prefix)
        if shopper is None:
            raise RefusedLine(Refusal.NO_SHOPPER)
        event = _event(given, kind, shopper, cells, manner.channel)
        at = cells.microseconds(given["at"])
        return Browse(shopper, number, at, given.get("item") or None, given.get("title", ""), json.dumps(event), raw)

    return read


def _event(given: Mapping[str, str], kind: str, shopper: str, cells: Cells, channel: str) -> dict[str, object]:
    """The event as the JSON object that REST takes too, checked by the same code."""
    at = moment(cells.microseconds(given["at"])).isoformat()
    event: dict[str, object] = {"kind": kind, "at": at, "channel": channel}
    for name in ("item", "session", "query", "recommendation"):
        if given.get(name):
            event[name] = given[name]
    if given.get("dwell_seconds"):
        text = given["dwell_seconds"]
        try:
            event["dwell_seconds"] = float(text.replace(",", ".") if cells.decimal_comma else text)
        except ValueError:
            raise RefusedLine(Refusal.BAD_EVENT) from None
    event["event_id"] = _event_id(given.get("event_id", ""), shopper, event)
    try:
        record.BrowseEvent.parse(event)
    except InvalidInput as error:
        raise RefusedLine(_REASONS.get(error.field, Refusal.BAD_EVENT)) from None
    return event


_REASONS = {"kind": Refusal.UNKNOWN_KIND, "item": Refusal.NO_ITEM}


def _event_id(given: str, shopper: str, event: Mapping[str, object]) -> str:
    if not given:
        return str(uuid.uuid5(NAMESPACE, json.dumps([shopper, event], sort_keys=True)))
    try:
        return str(uuid.UUID(given))
    except ValueError:
        return str(uuid.uuid5(NAMESPACE, f"id:{event['channel']}:{given}"))


def _record(staged: StagedEvents, refusals: Refusals, report: EventsReport, progress: Progress, now: datetime) -> None:
    total, done = max(staged.count(), 1), 0
    for chunk in in_parts(staged.by_shopper(), SHOPPERS_AT_ONCE):
        with short_transaction():
            for lines in chunk:
                given = [record.BrowseEvent.parse(json.loads(line.event)) for line in lines]
                outcomes = record.events(given, shopper=lines[0].shopper, now=now)
                for line, outcome in zip(lines, outcomes, strict=True):
                    _settle(line, outcome, refusals, report)
                done += len(lines)
        progress(done / total, "recording events")


def _settle(line: Browse, outcome: record.Outcome, refusals: Refusals, report: EventsReport) -> None:
    if outcome.status == "recorded":
        report.events_recorded += 1
    elif outcome.status == "duplicate":
        report.events_known += 1
    elif outcome.status == "conflict":
        refusals.add(line.number, Refusal.CONFLICT, line.raw)
    elif outcome.status == "refused":
        refusals.add(line.number, Refusal.SHOPPER_REFUSED, line.raw)
    elif outcome.message.startswith("item:"):
        refusals.add(line.number, Refusal.UNKNOWN_PRODUCT, line.raw)
    else:
        refusals.add(line.number, Refusal.BAD_EVENT, line.raw)
