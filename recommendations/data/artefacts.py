"""What an artefact's arrays must be: which arrays a kind has, their types, the axes that they share, their rules."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.exceptions import ArtefactRefused

AXIS = re.compile(r"[a-z_]+(\+\d+)?|\d+")

Arrays = Mapping[str, NDArray[np.generic]]


@dataclass(frozen=True, slots=True)
class Field:
    """One array of an artefact; floats must be finite.

    Parameters
    ----------
    dtype : numpy's name with byte order, such as "<f4".
    axes : a name for each dimension. Arrays that name the same axis have the same length there; "items+1" is one
        longer than "items", and "3" is 3 long. () is a single number.
    optional : whether the array may be absent.
    with_all : a name; arrays with the same one are all there or all absent. Empty: the array stands for itself.
    ascends : each value is greater than the one before.
    ends_at : offsets of rows in flat arrays (CSR): they begin at 0, do not fall and end at the length of this axis.
    below : indexes into this axis: whole numbers from 0 to its length - 1.

    Raises
    ------
    ValueError : an axis is neither a name, nor a name and a number, nor a number.
    """

    dtype: str
    axes: tuple[str, ...]
    optional: bool = False
    with_all: str = ""
    ascends: bool = False
    ends_at: str | None = None
    below: str | None = None

    def __post_init__(self) -> None:
        for axis in self.axes:
            if not AXIS.fullmatch(axis):
                raise ValueError(f"an axis must be like items, items+1 or 3, not {axis!r}")


Schema = Mapping[str, Field]

WEIGHTS = ("neighbours_recent", "neighbours", "linear_recent", "linear", "linear_all")


def _rows(name: str) -> dict[str, Field]:
    """Sparse rows of items by items."""
    return {
        f"{name}_offsets": Field("<i8", ("items+1",), ends_at=name),
        f"{name}_columns": Field("<i4", (name,), below="items"),
        f"{name}_values": Field("<f4", (name,)),
    }


ENCODER = {
    "session_vectors": Field("<f4", ("items", "width"), with_all="encoder"),
    "session_bias": Field("<f4", ("items",), with_all="encoder"),
    "session_kinds": Field("<f4", ("kinds", "width"), with_all="encoder"),
    "session_places": Field("<f4", ("places", "width"), with_all="encoder"),
    "session_interest": Field("<f4", ("width",), with_all="encoder"),
    "session_query": Field("<f4", ("heads", "width", "head"), with_all="encoder"),
    "session_key": Field("<f4", ("heads", "width", "head"), with_all="encoder"),
    "session_value": Field("<f4", ("heads", "width", "head"), with_all="encoder"),
    "session_mix": Field("<f4", ("width", "width"), with_all="encoder"),
    "session_inner": Field("<f4", ("width", "inner"), with_all="encoder"),
    "session_inner_bias": Field("<f4", ("inner",), with_all="encoder"),
    "session_outer": Field("<f4", ("inner", "width"), with_all="encoder"),
    "session_outer_bias": Field("<f4", ("width",), with_all="encoder"),
    "session_norms": Field("<f4", ("2", "2", "width"), with_all="encoder"),
}

SCHEMAS: Mapping[str, Schema] = {
    "network": {
        "item_ids": Field("<i8", ("items",), ascends=True),
        "sales": Field("<f4", ("items", "10")),
        "groups": Field("<i4", ("items", "3")),
        "prices": Field("<f4", ("items",)),
        "texts": Field("<f4", ("items", "text")),
        "text_grams": Field("<u8", ("grams",), with_all="text space", ascends=True),
        "text_weights": Field("<f4", ("grams",), with_all="text space"),
        "text_components": Field("<f4", ("grams", "text_space"), with_all="text space"),
        "factors": Field("<f4", ("items", "factors")),
        "gram": Field("<f4", ("factors", "factors")),
        **{name: field for weights in WEIGHTS for name, field in _rows(weights).items()},
        "ranker_mean": Field("<f4", ("107",)),
        "ranker_scale": Field("<f4", ("107",)),
        "ranker_weights_1": Field("<f4", ("networks", "107", "hidden")),
        "ranker_bias_1": Field("<f4", ("networks", "hidden")),
        "ranker_weights_2": Field("<f4", ("networks", "hidden", "second")),
        "ranker_bias_2": Field("<f4", ("networks", "second")),
        "ranker_weights_3": Field("<f4", ("networks", "second", "3")),
        "ranker_skip": Field("<f4", ("networks", "107", "3")),
        "ranker_bias_3": Field("<f4", ("networks", "3")),
        "discount": Field("<f4", ("items", "3"), optional=True),
    },
    "session": {
        "item_ids": Field("<i8", ("items",), ascends=True),
        "transition_offsets": Field("<i8", ("items+1",), ends_at="transitions"),
        "transition_targets": Field("<i4", ("transitions",), below="items"),
        "transition_values": Field("<f4", ("transitions",)),
        "session_popular": Field("<f4", ("items",)),
        "session_returns": Field("<f4", ("returns",)),
        "session_recency": Field("<f4", ("1",)),
        "session_blend": Field("<f4", ("3",)),
        **ENCODER,
    },
    "items": {
        "as_of": Field("<i8", ()),
        "window_orders": Field("<i8", ("2",)),
        "item_ids": Field("<i8", ("items",), ascends=True),
        "recent": Field("<i4", ("items",)),
        "earlier": Field("<i4", ("items",)),
        "usual": Field("<f4", ("items",)),
        "trend": Field("<f4", ("items",)),
        "sales": Field("<f4", ("items",)),
        "buyers": Field("<i4", ("items",)),
        "repeat_share": Field("<f4", ("items",)),
        "first_ordered": Field("<i4", ("items",)),
        "categories": Field("<i4", ("items",), with_all="categories", below="categories"),
        "category_offsets": Field("<i8", ("categories+1",), with_all="categories", ends_at="letters"),
        "category_letters": Field("<u1", ("letters",), with_all="categories"),
    },
}
"""The arrays of each kind of artefact that has a file."""


def validate(schema: Schema, arrays: Arrays) -> None:
    """Check arrays against a schema.

    Raises
    ------
    ArtefactRefused : an array is missing or unknown, of another type or shape, or breaks its field's rules; the
        message names the array.
    """
    require_names(schema, arrays)
    lengths: dict[str, int] = {}
    for name, array in arrays.items():
        _measure(name, schema[name], array, lengths)
    for name, array in arrays.items():
        _check_values(name, schema[name], array, lengths)


def require_names(schema: Schema, names: Mapping[str, object]) -> None:
    """Raise ArtefactRefused unless these are arrays of the schema, all that are not optional among them."""
    unknown = sorted(set(names) - set(schema))
    if unknown:
        raise ArtefactRefused(f"it has no array {unknown[0]:.40}, only {', '.join(sorted(schema))}")
    there = {schema[name].with_all for name in names} - {""}
    missing = sorted(name for name, field in schema.items() if name not in names and _is_needed(field, there))
    if missing:
        raise ArtefactRefused(f"the array {missing[0]} is missing")


def _is_needed(field: Field, there: Collection[str]) -> bool:
    return field.with_all in there if field.with_all else not field.optional


def _measure(name: str, field: Field, array: NDArray[np.generic], lengths: dict[str, int]) -> None:
    """Check type and shape, and note the length of each axis that is met for the first time."""
    if array.dtype != np.dtype(field.dtype) or array.ndim != len(field.axes):
        raise ArtefactRefused(
            f"{name} must be {np.dtype(field.dtype)} of {len(field.axes)} dimensions, not {array.dtype} {array.shape}"
        )
    for axis, length in zip(field.axes, array.shape, strict=True):
        word, _, more = axis.partition("+")
        longer = int(more or 0)
        expected = int(word) if word.isdecimal() else lengths.setdefault(word, max(length - longer, 0)) + longer
        if length != expected:
            raise ArtefactRefused(f"{name} has {length} along its axis {axis}, which must be {expected}")


def _check_values(name: str, field: Field, array: NDArray[np.generic], lengths: Mapping[str, int]) -> None:
    if np.issubdtype(array.dtype, np.floating) and not np.isfinite(array).all():
        raise ArtefactRefused(f"{name} holds values that are no finite numbers")
    if field.ascends and not (array[1:] > array[:-1]).all():  # type: ignore[operator]
        raise ArtefactRefused(f"{name} must ascend")
    if field.ends_at is not None:
        end = _length(name, field.ends_at, lengths)
        if array[0] != 0 or not (array[1:] >= array[:-1]).all() or array[-1] != end:  # type: ignore[operator]
            raise ArtefactRefused(f"{name} must begin at 0, must not fall and must end at {end}")
    if field.below is not None and array.size:
        end = _length(name, field.below, lengths)
        if not 0 <= int(array.min()) <= int(array.max()) < end:
            raise ArtefactRefused(f"{name} must hold indexes from 0 to {end - 1}")


def _length(name: str, axis: str, lengths: Mapping[str, int]) -> int:
    if axis not in lengths:
        raise ArtefactRefused(f"{name} is of no use without an array along the axis {axis}")
    return lengths[axis]
