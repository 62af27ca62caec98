"""What arrays an artefact may hold."""

import numpy as np
import pytest

from recommendations.data.artefacts import Field, validate
from recommendations.exceptions import ArtefactRefused

SPARSE = {
    "item_ids": Field("<i8", ("items",), ascends=True),
    "offsets": Field("<i8", ("items+1",), ends_at="nonzeros"),
    "columns": Field("<i4", ("nonzeros",), below="items"),
    "weights": Field("<f4", ("nonzeros",)),
    "layer": Field("<f4", ("features", "2")),
    "constant": Field("<f8", ()),
    "mean": Field("<f4", ("features",), optional=True),
    "spare": Field("<i8", ("items+1",), optional=True, ends_at="spares"),
    "spares": Field("<f4", ("spares",), optional=True),
}


def sparse(**changes):
    arrays = {
        "item_ids": np.array([3, 5, 8], dtype="<i8"),
        "offsets": np.array([0, 2, 2, 3], dtype="<i8"),
        "columns": np.array([1, 2, 0], dtype="<i4"),
        "weights": np.array([0.5, 0.25, 1.0], dtype="<f4"),
        "layer": np.zeros((5, 2), dtype="<f4"),
        "constant": np.array(3.0),
        **changes,
    }
    return {name: array for name, array in arrays.items() if array is not None}


def test_arrays_of_different_lengths_fit_together():
    validate(SPARSE, sparse())
    validate(SPARSE, sparse(mean=np.zeros(5, dtype="<f4")))


def test_without_any_item_there_is_one_offset():
    empty = np.zeros(0)
    validate(
        SPARSE,
        sparse(
            item_ids=empty.astype("<i8"),
            offsets=np.zeros(1, dtype="<i8"),
            columns=empty.astype("<i4"),
            weights=empty.astype("<f4"),
        ),
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"weights": None}, "the array weights is missing"),
        ({"other": np.zeros(3)}, "it has no array other"),
        ({"weights": np.zeros(3)}, "weights must be float32 of 1 dimensions, not float64"),
        ({"weights": np.zeros(3, dtype=">f4")}, "weights must be float32"),
        ({"weights": np.zeros((3, 1), dtype="<f4")}, "weights must be float32 of 1 dimensions"),
        ({"weights": np.zeros(2, dtype="<f4")}, "weights has 2 along its axis nonzeros, which must be 3"),
        ({"weights": np.array([0, np.nan, 1], dtype="<f4")}, "weights holds values that are no finite numbers"),
        ({"weights": np.array([0, np.inf, 1], dtype="<f4")}, "weights holds values that are no finite numbers"),
        ({"constant": np.array(np.nan)}, "constant holds values that are no finite numbers"),
        ({"layer": np.zeros((5, 3), dtype="<f4")}, "layer has 3 along its axis 2, which must be 2"),
        ({"mean": np.zeros(4, dtype="<f4")}, "mean has 4 along its axis features, which must be 5"),
        ({"item_ids": np.array([3, 3, 8], dtype="<i8")}, "item_ids must ascend"),
        ({"item_ids": np.array([-(2**63), 2**63 - 1, 0], dtype="<i8")}, "item_ids must ascend"),
        ({"offsets": np.array([0, 2, 3], dtype="<i8")}, "offsets has 3 along its axis items\\+1, which must be 4"),
        ({"offsets": np.zeros(0, dtype="<i8"), "item_ids": np.zeros(0, dtype="<i8")}, "offsets has 0 along"),
        ({"offsets": np.array([1, 2, 2, 3], dtype="<i8")}, "offsets must begin at 0"),
        ({"offsets": np.array([0, 2, 1, 3], dtype="<i8")}, "offsets must begin at 0, must not fall"),
        ({"offsets": np.array([0, 2, 2, 4], dtype="<i8")}, "must end at 3"),
        ({"columns": np.array([1, 3, 0], dtype="<i4")}, "columns must hold indexes from 0 to 2"),
        ({"columns": np.array([1, -1, 0], dtype="<i4")}, "columns must hold indexes from 0 to 2"),
        ({"spare": np.zeros(4, dtype="<i8")}, "spare is of no use without an array along the axis spares"),
    ],
)
def test_an_array_that_breaks_a_rule_is_refused_by_its_name(changes, words):
    with pytest.raises(ArtefactRefused, match=words):
        validate(SPARSE, sparse(**changes))


@pytest.mark.parametrize("axis", ["", "Items", "items-1", "items+", "+1"])
def test_an_axis_that_means_nothing_is_an_error_of_the_schema(axis):
    with pytest.raises(ValueError, match="an axis must be like"):
        Field("<f4", (axis,))


def test_arrays_that_belong_together_are_all_there_or_none():
    schema = {
        "item_ids": Field("<i8", ("items",)),
        "vectors": Field("<f4", ("items", "width"), with_all="encoder"),
        "mix": Field("<f4", ("width", "width"), with_all="encoder"),
    }
    ids, vectors, mix = np.arange(3, dtype="<i8"), np.ones((3, 2), dtype="<f4"), np.ones((2, 2), dtype="<f4")
    validate(schema, {"item_ids": ids})
    validate(schema, {"item_ids": ids, "vectors": vectors, "mix": mix})
    with pytest.raises(ArtefactRefused, match="the array mix is missing"):
        validate(schema, {"item_ids": ids, "vectors": vectors})
