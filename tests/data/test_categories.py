"""Categories of items as an artefact keeps them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recommendations.data.artefacts import SCHEMAS
from recommendations.data.categories import NONE, ItemCategories

ids = st.integers(1, 2**62)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(st.dictionaries(ids, names, max_size=20), st.sets(ids, max_size=20))
def test_what_is_written_is_read_again_for_any_items(named, others):
    item_ids = np.array(sorted({*named, *others}), dtype=np.int64)

    arrays = {"item_ids": item_ids, **ItemCategories.named(named).to_arrays(item_ids)}
    read = ItemCategories.from_arrays(arrays)

    assert {
        item: read.names[code] for item, code in zip(item_ids.tolist(), read.of(item_ids).tolist(), strict=True)
    } == {item: named.get(item, NONE) for item in item_ids.tolist()}
    for name in set(named.values()):
        assert read.members(name).tolist() == sorted(item for item in named if named[item] == name)
    assert all(array.dtype == np.dtype(SCHEMAS["items"][kind].dtype) for kind, array in arrays.items())


def test_items_that_nobody_knows_and_names_that_there_are_not():
    known = ItemCategories.named({3: "tea"})

    assert known.of(np.array([1, 3, 9])).tolist() == [0, 1, 0]
    assert known.members("milk").tolist() == []
    assert ItemCategories.named({}).of(np.array([1])).tolist() == [0]


def test_an_artefact_without_categories_has_none_and_letters_that_are_no_text_do_no_harm():
    assert ItemCategories.from_arrays({"item_ids": np.array([1])}) is None
    broken = ItemCategories.named({1: "tea"}).to_arrays(np.array([1]))
    broken["category_letters"] = np.array([255, 255, 255], dtype="<u1")

    assert ItemCategories.from_arrays({"item_ids": np.array([1]), **broken}).names == (NONE, "\ufffd" * 3)


def test_a_category_with_half_a_character_can_be_written():
    arrays = ItemCategories.named({1: "\ud800"}).to_arrays(np.array([1]))

    assert ItemCategories.from_arrays({"item_ids": np.array([1]), **arrays}).names == (NONE, "?")
