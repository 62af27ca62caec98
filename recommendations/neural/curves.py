"""Curves: how the loss on training examples and the validation went, epoch by epoch."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Curves:
    """What there is to see of a fit.

    Parameters
    ----------
    train : mean training loss of each epoch, lower is better.
    validation : the judge's verdict after each epoch, higher is better; empty without a judge.
    best_epoch : 1..len(train), the epoch whose weights were kept.
    """

    train: tuple[float, ...]
    validation: tuple[float, ...]
    best_epoch: int

    def __post_init__(self) -> None:
        if self.validation and len(self.validation) != len(self.train):
            raise ValueError(f"{len(self.validation)} validations do not fit {len(self.train)} training losses")
        if not 1 <= self.best_epoch <= len(self.train):
            raise ValueError(f"best_epoch must be 1..{len(self.train)}, not {self.best_epoch}")

    def as_figures(self, *, digits: int = 5) -> dict[str, object]:
        """Plain values for JSON: `curve_train`, `curve_validation`, `best_epoch`."""
        return {
            "curve_train": [round(value, digits) for value in self.train],
            "curve_validation": [round(value, digits) for value in self.validation],
            "best_epoch": self.best_epoch,
        }
