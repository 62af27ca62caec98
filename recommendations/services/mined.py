"""What one kind's mining gives the version that is published."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from recommendations.mining.rules import Rules
from recommendations.models import RuleKind


@dataclass(frozen=True, slots=True)
class Mined:
    """Rules of pairs of one kind, and what the version says of their mining.

    `expected` : float64[rules], what chance gives; None where that is the product of the sides' shares.
    """

    kind: RuleKind
    rules: Rules
    metrics: dict[str, int | float | str] = field(default_factory=dict)
    expected: NDArray[np.float64] | None = None

    def figures(self) -> dict[str, int | float | str]:
        """The metrics, each name led by the kind's."""
        return {
            f"{self.kind.value}_{name}": value for name, value in {"rules": len(self.rules), **self.metrics}.items()
        }
