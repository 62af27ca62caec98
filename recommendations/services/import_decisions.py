"""Decisions from a file as it was exported and edited: first what it would change, then all of it or nothing."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings as django_settings
from django.core import signing
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from recommendations.exceptions import InvalidInput, UnreadableFile
from recommendations.models import Decision, RuleDecision, database
from recommendations.services.decide import (
    RULE_KEY,
    Wanted,
    decide_each,
    known,
    require_freezable,
    values,
    withdraw,
)
from recommendations.services.sheets import Cell, read_sheet

MOST_BYTES = 5_000_000
MOST_LINES = 50_000
MOST_ERRORS = 100
LONGEST_NOTE = 1_000
NEEDED = ("rule", "decision", "from", "to", "note")
CHANGES = {
    "new": _("new"),
    "changed": _("changed"),
    "withdrawn": _("withdrawn"),
    "unchanged": _("unchanged"),
}

Line = Sequence[Any]
"""Rule key, decision (empty: none), strength or None, from and to as ISO texts or None, note."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in one cell, with what is allowed. Lines count from 1, the header's."""

    line: int
    column: str
    words: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file would change.

    Parameters
    ----------
    digest : SHA-256 of the file.
    changes : (kind of change by `CHANGES`, line) of what is not unchanged.
    counts : how many lines are of each kind.
    problems : what is wrong; with any, nothing may be written. At most 100.
    """

    digest: str
    changes: tuple[tuple[str, Line], ...]
    counts: Mapping[str, int]
    problems: tuple[Problem, ...]

    def sealed(self) -> str:
        """The plan as a page hands it back: what has been changed since is refused."""
        lines = [line for _, line in self.changes]
        state = _state(known(line[0] for line in lines))
        return signing.dumps({"digest": self.digest, "lines": lines, "state": state}, salt=__name__, compress=True)


def plan(content: bytes) -> Plan:
    """What the file would change; nothing is written.

    Raises
    ------
    UnreadableFile : it is too large, no CSV or XLSX file, or lacks a column.
    """
    if len(content) > MOST_BYTES:
        raise UnreadableFile(f"the file has {len(content):,} bytes, at most {MOST_BYTES:,} are read")
    problems: list[Problem] = []
    lines = dict(_lines(content, problems))
    before = known(line[0] for line in lines.values())
    kinds = {number: _kind(line, before.get(line[0])) for number, line in lines.items()}
    problems += _unfreezable(lines)
    changes = tuple((kind, lines[number]) for number, kind in kinds.items() if kind != "unchanged")
    counts = Counter(kinds.values())
    return Plan(
        hashlib.sha256(content).hexdigest(),
        changes,
        {kind: counts[kind] for kind in CHANGES},
        tuple(sorted(problems, key=lambda one: one.line)[:MOST_ERRORS]),
    )


def confirm(sealed: str, *, user_id: int) -> int:
    """Write what a plan said, all or nothing; how many decisions changed.

    Raises
    ------
    InvalidInput : the plan is not as it was made, or decisions changed since.
    """
    try:
        told = signing.loads(sealed, salt=__name__, max_age=24 * 3_600)
    except signing.BadSignature:
        raise InvalidInput("file", gettext("the file is not the one that was looked at: read it again")) from None
    return _write(told["lines"], state=told["state"], user_id=user_id)


def import_decisions(content: bytes, *, user_id: int) -> Plan:
    """Plan and write at once, for commands.

    Raises
    ------
    UnreadableFile, InvalidInput : see `plan`; and where anything is wrong with any line.
    """
    found = plan(content)
    if found.problems:
        first = found.problems[0]
        raise InvalidInput(first.column, f"line {first.line}: {first.words}")
    confirm(found.sealed(), user_id=user_id)
    return found


@database.joining
def _write(lines: Sequence[Line], *, state: str, user_id: int) -> int:
    if _state(known((line[0] for line in lines), locked=True)) != state:
        raise InvalidInput("file", gettext("decisions changed since the file was looked at: read it again"))
    wanted = [_wanted(line) for line in lines if line[1]]
    taken = decide_each(wanted, user_id=user_id) if wanted else 0
    return taken + withdraw(rule_keys=[line[0] for line in lines if not line[1]], user_id=user_id)


def _wanted(line: Line) -> Wanted:
    key, decision, strength, starts_at, ends_at, note = line
    period = tuple(datetime.fromisoformat(one) if one else None for one in (starts_at, ends_at))
    return Wanted(key, Decision(decision), note, (period[0], period[1]), strength)


def _state(decided: Mapping[str, RuleDecision]) -> str:
    """What is decided, as a digest."""
    rows = sorted((key, str(values(row))) for key, row in decided.items())
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def _kind(line: Line, before: RuleDecision | None) -> str:
    _, decision, strength, starts_at, ends_at, note = line
    if before is None:
        return "new" if decision else "unchanged"
    if not decision:
        return "withdrawn"
    is_same = (
        (decision, note) == (before.decision, before.note)
        and strength in (None, before.strength)
        and (starts_at, ends_at) == (_whole(before.starts_at), _whole(before.ends_at))
    )
    return "unchanged" if is_same else "changed"


def _whole(moment: datetime | None) -> str | None:
    """To the second, as files have it."""
    return None if moment is None else moment.astimezone(_zone()).replace(microsecond=0).isoformat()


def _lines(content: bytes, problems: list[Problem]) -> Iterator[tuple[int, Line]]:
    """The lines that can be understood, by number; what is wrong with the others goes to `problems`."""
    rows = read_sheet(content)
    header = [str(cell or "").strip().lower() for cell in next(rows, [])]
    missing = [name for name in NEEDED if name not in header]
    if missing:
        raise UnreadableFile(f"the first line must name the columns {', '.join(NEEDED)}; it lacks {', '.join(missing)}")
    places = {name: header.index(name) for name in (*NEEDED, *(["strength"] if "strength" in header else []))}
    seen: dict[str, int] = {}
    for number, row in enumerate(islice(rows, MOST_LINES + 1), start=2):
        if number > MOST_LINES + 1:
            raise UnreadableFile(f"the file has more than {MOST_LINES:,} lines")
        cells = {name: row[place] if place < len(row) else None for name, place in places.items()}
        if len(problems) > MOST_ERRORS or all(cell in (None, "") for cell in cells.values()):
            continue
        found = len(problems)
        line = _line(number, cells, problems)
        if line[0] in seen:
            words = gettext("the rule stands in line %(line)d already") % {"line": seen[line[0]]}
            problems.append(Problem(number, "rule", words))
        seen.setdefault(line[0], number)
        if len(problems) == found:
            yield number, line


def _line(number: int, cells: Mapping[str, Cell], problems: list[Problem]) -> Line:
    def refuse(column: str, words: str) -> None:
        problems.append(Problem(number, column, words))

    key = str(cells["rule"] or "").strip()
    decision = str(cells["decision"] or "").strip().lower()
    note = str(cells["note"] or "").strip()
    if not re.match(RULE_KEY, key):
        refuse("rule", gettext("must be a rule key as in 3,8=>12 or substitute:3=>12"))
    if decision and decision not in Decision.values:
        allowed = ", ".join(Decision.values)
        refuse("decision", gettext("must be one of %(allowed)s, or empty") % {"allowed": allowed})
    if len(note) > LONGEST_NOTE or "\x00" in note:
        refuse("note", gettext("must be a text of at most %(most)d characters") % {"most": LONGEST_NOTE})
    times = {name: _moment(cells[name]) for name in ("from", "to")}
    for name, moment in times.items():
        if moment == "":
            refuse(name, gettext("must be a time as in 2026-11-28 00:00, or empty"))
    starts_at, ends_at = (times[name] or None for name in ("from", "to"))
    if starts_at and ends_at and datetime.fromisoformat(ends_at) <= datetime.fromisoformat(starts_at):
        refuse("to", gettext("must be later than from"))
    strength = _strength(cells.get("strength"))
    if decision and strength is not None:
        try:
            Wanted("1=>2", Decision.BOOSTED, strength=strength)
        except InvalidInput as error:
            refuse("strength", error.message)
    return key, decision, strength, starts_at, ends_at, note


def _strength(cell: Cell) -> float | None:
    """A number; None for an empty cell, 0 for what is none."""
    if cell in (None, ""):
        return None
    try:
        return float(str(cell))
    except ValueError:
        return 0.0


def _moment(cell: Cell) -> str | None:
    """A time as ISO text in the shop's zone; None for an empty cell, an empty text for what is no time."""
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return None
    try:
        found = cell if isinstance(cell, datetime) else _parsed(str(cell).strip().replace("/", "-"))
        return "" if found is None else found.replace(tzinfo=found.tzinfo or _zone(), microsecond=0).isoformat()
    except ValueError:
        return ""


def _parsed(text: str) -> datetime | None:
    # Spreadsheets write 2026-11-8 9:00.
    padded = re.sub(r"\b(\d)\b", r"0\1", text)
    day = parse_date(padded)
    return parse_datetime(padded) if day is None else datetime.combine(day, datetime.min.time())


def _zone() -> ZoneInfo:
    return ZoneInfo(django_settings.TIME_ZONE)


def _unfreezable(lines: Mapping[int, Line]) -> Iterator[Problem]:
    frozen = {number: line for number, line in lines.items() if line[1] == Decision.FROZEN}
    try:
        require_freezable([_wanted(line) for line in frozen.values()])
    except InvalidInput as error:
        yield Problem(min(frozen), "decision", error.message)
