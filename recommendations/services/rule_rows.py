"""The rows that publish what mining found."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from recommendations.mining.rules import LongRules, Rules
from recommendations.models import FIGURES, RuleKind, RuleStatus
from recommendations.services.holding import Held
from recommendations.services.mine_long import LongClaims
from recommendations.services.mined import Mined

Ids = NDArray[np.int64]

FIELDS = [
    "artefact",
    "kind",
    "key",
    "antecedent",
    "antecedent_2",
    "antecedent_3",
    "consequent",
    *FIGURES,
    "expected",
    "status",
    "hold_reasons",
]


def rows_of(
    rules: Sequence[Rules], long: LongClaims, others: Sequence[Mined], held: Held, artefact_id: int
) -> list[tuple[object, ...]]:
    """A row a rule, as FIELDS has them; what `held` names waits for staff."""
    several = [tuple(one.tolist()) for one in np.split(long.rules.antecedents, long.rules.offsets[1:-1])]
    kind = RuleKind.COMPLEMENT
    rows = list(_rows_of(kind, several[: len(long.rules)], long.rules, long.shoppers, artefact_id, held))
    for some in rules:
        rows += _rows_of_pairs(Mined(kind, some), artefact_id, held)
    for one in others:
        rows += _rows_of_pairs(one, artefact_id)
    return rows


def _rows_of_pairs(mined: Mined, artefact_id: int, held: Held | None = None) -> Iterator[tuple[object, ...]]:
    rules = mined.rules
    alone = [(antecedent,) for antecedent in rules.antecedent.tolist()]
    expected = repeat(None) if mined.expected is None else mined.expected.tolist()
    guarded = zip(rules.p.tolist(), rules.weighted_lift.tolist(), expected, strict=False)
    return _rows_of(mined.kind, alone, rules, rules.shoppers, artefact_id, held, guarded)


def _rows_of(
    kind: RuleKind,
    antecedents: Sequence[tuple[int, ...]],
    rules: Rules | LongRules,
    shoppers: Ids,
    artefact_id: int,
    held: Held | None,
    guarded: Iterable[tuple[float | None, ...]] = repeat((None, None, None)),
) -> Iterator[tuple[object, ...]]:
    """Rows as FIELDS has them; `guarded` are the p value, the weighted lift and what chance gives of each rule."""
    measures = rules.measures
    counts = [rules.orders, rules.antecedent_orders, rules.consequent_orders]
    total = np.full(len(rules), rules.total_orders)
    counted = np.column_stack([rules.consequent, *counts, total, shoppers]).tolist()
    plain = np.column_stack([measures.support, measures.confidence, measures.lift, measures.leverage]).tolist()
    conviction = [value if np.isfinite(value) else None for value in measures.conviction.tolist()]
    for left, row, values, last, rest in zip(antecedents, counted, plain, conviction, guarded, strict=False):
        sides = [*left, *[None] * (3 - len(left))]
        reasons = held.of((*left, row[0])) if held else {}
        status = RuleStatus.HELD if reasons else RuleStatus.PUBLISHED
        key = kind.key(left, row[0])
        yield (artefact_id, kind.value, key, *sides, *row, *values, last, *rest, status.value, reasons)
