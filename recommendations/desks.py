"""What staff may choose in place of the shop's settings, from which values, and the choice as a run uses it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recommendations.conf import boolean, integer, number, settings


@dataclass(frozen=True, slots=True)
class Span:
    """What staff may choose a setting from: numbers from `low` to `high`, whole ones where `whole`."""

    low: float
    high: float
    whole: bool = False

    def problem(self, value: Any) -> str | None:
        """None for an allowed value, else what is allowed in words."""
        return integer(int(self.low), int(self.high))(value) if self.whole else number(self.low, self.high)(value)


@dataclass(frozen=True, slots=True)
class Switch:
    """A setting that staff may turn on and off."""

    def problem(self, value: Any) -> str | None:
        """None for an allowed value, else what is allowed in words."""
        return boolean(value)


MINING, TRAINING = "mining", "training"

DESKS: Mapping[str, Mapping[str, Span | Switch]] = {
    MINING: {
        "MIN_RULE_ORDERS": Span(2, 1_000, whole=True),
        "MIN_RULE_SHOPPERS": Span(2, 1_000, whole=True),
        "MIN_WEIGHTED_LIFT": Span(1, 20),
        "FALSE_RULES": Span(0.001, 0.2),
        "RULES_PER_ITEM": Span(1, 100, whole=True),
        "RULE_ANTECEDENTS": Span(1, 3, whole=True),
        "LONG_RULE_SUPPORT": Span(0.0001, 0.1),
        "LONG_RULE_CONFIDENCE": Span(0.05, 0.95),
        "MINE_SUBSTITUTES": Switch(),
        "MINE_VIEWS": Switch(),
        "VIEW_DAYS": Span(7, 365, whole=True),
    },
    TRAINING: {
        "TRAIN_EPOCHS": Span(1, 100, whole=True),
        "TRAIN_PATIENCE": Span(1, 20, whole=True),
        "TRAIN_FACTORS": Span(8, 256, whole=True),
        "TRAIN_WEIGHT_DECAY": Span(0, 2),
        "TRAIN_SECONDS": Span(60, 14_400, whole=True),
    },
}
"""What staff may choose at each desk, and from which values; what changes the counts is not among it."""


class Chosen:
    """The settings of a desk for one run, as they are when it is made: what staff chose, else what the shop's say.

    Parameters
    ----------
    desk : a key of `DESKS`.
    chosen : what staff chose, by the setting's name; what the desk does not know, or not allow any more, is left out.
    version : which change of staff's this is, 0 before the first.
    """

    def __init__(self, desk: str, chosen: Mapping[str, Any] | None = None, version: int = 0) -> None:
        allowed = DESKS[desk]
        given = (chosen or {}).items()
        self.chosen = {name: value for name, value in given if name in allowed and not allowed[name].problem(value)}
        self.values = {name: self.chosen.get(name, getattr(settings, name)) for name in allowed}
        self.version = version

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["values"][name]
        except KeyError:
            raise AttributeError(name) from None
