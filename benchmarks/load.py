"""How checkouts arrive, what was timed of each, and the figures made of that."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.figures import percentile_ms
from benchmarks.report import Figures

ALONE, BARE, RECORDED = "checkout alone", "bare insert", "record.order"
VARIANTS = (RECORDED, BARE, ALONE)
"""A checkout alone, with a bare insert of the rows that recording writes, and with recording."""


@dataclass(frozen=True, slots=True)
class Load:
    """How checkouts arrive: `rate` a second at random moments, or (None) each thread's next at once.

    `name` tells the keys of its orders from another load's, `starts_at` is when it begins by the clock on the wall.
    """

    rate: float | None
    seconds: float
    threads: int
    name: str = "load"
    starts_at: float = 0

    def split(self, processes: int, *, starts_at: float) -> "list[Load]":
        """The same load in parts, one for each process: random arrivals add up to random arrivals."""
        rate = self.rate and self.rate / processes
        names = [f"{self.name}-{number}" for number in range(processes)]
        return [Load(rate, self.seconds, max(self.threads // processes, 1), name, starts_at) for name in names]


@dataclass(frozen=True, slots=True)
class Timing:
    """One checkout: seconds in all and within the part added, how late it began, queries of that part, its error."""

    variant: str
    whole_s: float
    call_s: float
    late_s: float
    queries: int
    error: str


@dataclass(slots=True)
class Result:
    """What a load came to; `connections` counts sockets that Python code connected (the databases' are C's)."""

    timings: list[Timing] = field(default_factory=list)
    connections: int = 0


def merged(results: Sequence[Result]) -> Result:
    """What several processes measured at the same time."""
    timings = [timing for result in results for timing in result.timings]
    return Result(timings, sum(result.connections for result in results))


def figures(name: str, result: Result) -> list[Figures]:
    """A row for each variant; `added` is what its whole checkouts took beyond one alone, percentile by percentile."""
    return [_row(f"{name}, {variant}", variant, result) for variant in VARIANTS]


def failures(result: Result) -> list[str]:
    """The databases' words on what went wrong, each once."""
    return sorted({timing.error for timing in result.timings if timing.error})


def _row(name: str, variant: str, result: Result) -> Figures:
    timings = _of(variant, result)
    whole = [timing.whole_s for timing in timings]
    alone = [timing.whole_s for timing in _of(ALONE, result)]
    call = [timing.call_s for timing in timings]
    errors = [timing.error for timing in result.timings if timing.variant == variant and timing.error]
    locked = sum("locked" in error or "lock timeout" in error for error in errors)
    deadlocks = sum("deadlock" in error for error in errors)
    return {
        "name": name,
        "checkouts": len(timings),
        "call_p50_ms": percentile_ms(call, 0.5),
        "call_p99_ms": percentile_ms(call, 0.99),
        "added_p50_ms": percentile_ms(whole, 0.5) - percentile_ms(alone, 0.5),
        "added_p99_ms": percentile_ms(whole, 0.99) - percentile_ms(alone, 0.99),
        "whole_p50_ms": percentile_ms(whole, 0.5),
        "whole_p99_ms": percentile_ms(whole, 0.99),
        "late_p99_ms": percentile_ms([timing.late_s for timing in timings], 0.99),
        "queries": max(timing.queries for timing in timings),
        "locked": locked,
        "deadlocks": deadlocks,
        "other_errors": len(errors) - locked - deadlocks,
        "network_calls": result.connections,
    }


def _of(variant: str, result: Result) -> Sequence[Timing]:
    return [timing for timing in result.timings if timing.variant == variant and not timing.error]
