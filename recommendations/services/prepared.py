"""Objects made of an artefact's arrays, made once for each version."""

from collections.abc import Callable
from typing import Generic, TypeVar

from recommendations import store
from recommendations.data.artefacts import Arrays

Made = TypeVar("Made")


class Prepared(Generic[Made]):
    """Keeps what `make` makes of a version's arrays; that of the last version that was asked for."""

    def __init__(self, make: Callable[[Arrays], Made]) -> None:
        self._make = make
        self._kept: tuple[Arrays, Made] | None = None

    def of(self, loaded: store.Loaded) -> Made:
        """What is made of this version."""
        kept = self._kept
        if kept is None or kept[0] is not loaded.arrays:
            kept = (loaded.arrays, self._make(loaded.arrays))
            self._kept = kept
        return kept[1]
