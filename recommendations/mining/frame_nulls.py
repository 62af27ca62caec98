"""Rows in which something is unknown: how often sets of columns are all bought, or partly unknown."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommendations.mining.families import levels

Ids = NDArray[np.int64]
Bits = NDArray[np.uint8]

BYTES_AT_ONCE = 2**24


@dataclass(frozen=True, slots=True)
class Unknown:
    """Packed bits of a frame with NaN: `null` where a cell is unknown, `one` where it is bought.

    Parameters
    ----------
    null, one : uint8[columns, ceil(rows / 8)].
    rows : number of rows.
    """

    null: Bits
    one: Bits
    rows: int

    @classmethod
    def of(cls, df: Any) -> "Unknown":
        """Of a frame whose cells are 0, 1, True, False or NaN."""
        null = df.isna().to_numpy()
        one = np.asarray(df.to_numpy() == 1, dtype=bool)
        return cls(np.packbits(null.T, axis=1), np.packbits(one.T, axis=1), len(df.index))


@dataclass(frozen=True, slots=True)
class RuleNulls:
    """Rows behind rules A => C, all int64[rules].

    Parameters
    ----------
    both, antecedent, consequent : rows in which a column of A or C, of A, of C is unknown.
    antecedent_known, consequent_known : rows with all of A where C is partly unknown, with all of C where A is.
    """

    both: Ids
    antecedent: Ids
    consequent: Ids
    antecedent_known: Ids
    consequent_known: Ids


def supports(unknown: Unknown, offsets: Ids, columns: Ids) -> NDArray[np.float64]:
    """Rows with all columns over rows with all columns known, float64[k]; 0 where no row is known.

    Parameters
    ----------
    offsets, columns : the sets, int64[k + 1] and int64[offsets[k]] positions of columns.
    """
    ones, nulls = np.zeros((2, len(offsets) - 1), dtype=np.int64)
    for null, one in _blocks(unknown, offsets, columns):
        nulls += _ones(null)
        ones += _ones(one)
    known = unknown.rows - nulls
    return np.asarray(np.where(known > 0, ones / np.maximum(known, 1), 0.0))


def of_rules(unknown: Unknown, offsets: Ids, columns: Ids, antecedent: Ids, consequent: Ids) -> RuleNulls:
    """What is unknown behind rules between sets.

    Parameters
    ----------
    antecedent, consequent : int64[rules], numbers of sets.
    """
    counts = np.zeros((5, len(antecedent)), dtype=np.int64)
    for null, one in _blocks(unknown, offsets, columns):
        step = max(1, BYTES_AT_ONCE // null.shape[1])
        for start in range(0, len(antecedent), step):
            part = slice(start, start + step)
            left, right = antecedent[part], consequent[part]
            for row, bits in enumerate(
                (null[left] | null[right], null[left], null[right], one[left] & null[right], one[right] & null[left])
            ):
                counts[row, part] += _ones(bits)
    return RuleNulls(*counts)


def _blocks(unknown: Unknown, offsets: Ids, columns: Ids) -> Iterator[tuple[Bits, Bits]]:
    """(any column unknown, all bought) of each set, uint8[sets, some bytes], for runs of rows that fit into memory."""
    sets = len(offsets) - 1
    step = max(1, BYTES_AT_ONCE // max(sets, 1))
    for start in range(0, unknown.null.shape[1], step):
        null, one = (bits[:, start : start + step] for bits in (unknown.null, unknown.one))
        any_null, all_one = np.zeros((2, sets, null.shape[1]), dtype=np.uint8)
        for level in levels(offsets, columns):
            any_null[level.at] = np.bitwise_or.reduce(null[level.items], axis=1)
            all_one[level.at] = np.bitwise_and.reduce(one[level.items], axis=1)
        yield any_null, all_one


def _ones(bits: Bits) -> Ids:
    return np.asarray(np.bitwise_count(bits).sum(axis=1, dtype=np.int64))
