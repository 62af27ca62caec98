"""A budget of time and memory for work whose size nobody can tell beforehand."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Budget:
    """What mining may take.

    Parameters
    ----------
    seconds : wall-clock time, above 0.
    bytes : memory for what mining itself holds, above 0; the baskets given to it do not count.
    clock : seconds that pass; tests bring their own.
    """

    seconds: float = 600.0
    bytes: int = 2 * 1024**3
    clock: Callable[[], float] = time.monotonic

    def part(self, share: float) -> "Budget":
        """The same memory and a share of the time."""
        return replace(self, seconds=self.seconds * share)


class Spent(Exception):
    """The budget is spent; the message says on what."""


class Watch:
    """Watches a budget from now on."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._until = budget.clock() + budget.seconds

    def check(self, held: int) -> None:
        """Raise `Spent` if the time is over or more than `held` bytes would be held than the budget allows."""
        if held > self._budget.bytes:
            raise Spent(f"it needs more than {self._budget.bytes / 1024**2:,.0f} MiB of memory")
        if self._budget.clock() > self._until:
            raise Spent(f"it takes more than {self._budget.seconds:,.1f} seconds")
