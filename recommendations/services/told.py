"""What the shop told of its products a moment ago, kept by this process for as long as FACTS_SECONDS allows."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

from recommendations.catalogue import Catalogue, Context
from recommendations.conf import settings

Value = TypeVar("Value")

MOST = 10_000
"""Values kept at once, in all; when there would be more, all are forgotten."""


class Told(Generic[Value]):
    """Answers of a shop by key, each with when it was asked for. Safe to share between threads."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Catalogue, Context], dict[str, tuple[float, Value | None]]] = {}

    def of(
        self,
        catalogue: Catalogue,
        context: Context,
        keys: Sequence[str],
        ask: Callable[[Sequence[str]], Mapping[str, Value]],
    ) -> Mapping[str, Value]:
        """What `ask` tells of these keys, or told less than FACTS_SECONDS ago; a key that it leaves out is left out."""
        seconds, now = settings.FACTS_SECONDS, time.monotonic()
        if not seconds:
            return ask(keys)
        kept = self._kept.setdefault((catalogue, context), {})
        recent = {key: told[1] for key in keys if (told := kept.get(key)) is not None and now - told[0] < seconds}
        missing = [key for key in keys if key not in recent]
        if missing:
            answer = ask(missing)
            self._make_room(len(missing))
            kept.update((key, (now, answer.get(key))) for key in missing)
            recent |= answer
        return {key: value for key, value in recent.items() if value is not None}

    def _make_room(self, more: int) -> None:
        if sum(map(len, list(self._kept.values()))) + more > MOST:
            self._kept.clear()
