import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pd = pytest.importorskip("pandas")
theirs = pytest.importorskip("mlxtend.frequent_patterns")

from recommendations.mining import frame as ours  # noqa: E402 (pandas may be absent)

SUPPORTS = st.sampled_from([0.01, 0.2, 1 / 3, 0.5, 0.75, 1.0])
SHAPES = st.tuples(st.integers(1, 12), st.integers(1, 6))

METRICS = [
    "antecedent support",
    "consequent support",
    "support",
    "confidence",
    "lift",
    "representativity",
    "leverage",
    "conviction",
    "zhangs_metric",
    "jaccard",
    "certainty",
    "kulczynski",
]


def frames(cells):
    return SHAPES.flatmap(
        lambda shape: st.lists(
            st.lists(cells, min_size=shape[1], max_size=shape[1]), min_size=shape[0], max_size=shape[0]
        ).map(lambda rows: pd.DataFrame(rows, columns=list("abcdef")[: shape[1]]))
    )


def sorted_sets(df):
    rows = df.assign(key=[sorted(members) for members in df["itemsets"]])
    return rows.sort_values("key").drop(columns="key").reset_index(drop=True)


def same_sets(mine, other):
    pd.testing.assert_frame_equal(sorted_sets(mine), sorted_sets(other))


def quiet(function, *args, **options):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return function(*args, **options)


def outcome(function, *args, **options):
    """The kind and words of what a call raises."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 (whatever the other raises)
        quiet(function, *args, **options)
    return type(caught.value), str(caught.value)


def bought(rows):
    return pd.DataFrame(rows, columns=list("abc")[: len(rows[0])], dtype=bool)


@settings(deadline=None)
@given(frames(st.booleans()), SUPPORTS, st.none() | st.integers(0, 4), st.booleans())
def test_apriori_gives_the_frame_of_mlxtend_row_by_row(df, min_support, max_len, use_colnames):
    options = {"min_support": min_support, "max_len": max_len, "use_colnames": use_colnames}
    pd.testing.assert_frame_equal(ours.apriori(df, **options), theirs.apriori(df, **options))


@settings(deadline=None)
@given(frames(st.booleans()), SUPPORTS, st.none() | st.integers(0, 4), st.booleans())
def test_fpgrowth_gives_the_frame_of_mlxtend(df, min_support, max_len, use_colnames):
    options = {"min_support": min_support, "max_len": max_len, "use_colnames": use_colnames}
    same_sets(ours.fpgrowth(df, **options), theirs.fpgrowth(df, **options))


@settings(deadline=None)
@given(frames(st.booleans()), SUPPORTS)
def test_fpmax_gives_the_frame_of_mlxtend(df, min_support):
    options = {"min_support": min_support, "use_colnames": True}
    same_sets(ours.fpmax(df, **options), theirs.fpmax(df, **options))


@settings(deadline=None)
@given(frames(st.sampled_from([0.0, 1.0, 1.0, np.nan])), SUPPORTS)
def test_unknown_cells_are_read_as_mlxtend_reads_them(df, min_support):
    for name in ("fpgrowth", "fpmax"):
        options = {"min_support": min_support, "null_values": True, "use_colnames": True}
        mine, other = (quiet(getattr(module, name), df, **options) for module in (ours, theirs))
        if len(other):
            same_sets(mine, other)
        else:  # of what type an empty column is hangs on what was dropped from it
            assert mine.empty


@settings(max_examples=60, deadline=None)
@given(frames(st.booleans()), st.sampled_from(METRICS), st.sampled_from([0.0, 0.3, 0.8, 1.0, 1.2]))
def test_rules_are_those_of_mlxtend_row_by_row(df, metric, min_threshold):
    sets = theirs.fpgrowth(df, min_support=0.01, use_colnames=True)
    if len(sets):
        for options in ({}, {"num_itemsets": len(df)}, {"support_only": True}, {"return_metrics": ["lift", metric]}):
            options |= {"metric": metric, "min_threshold": min_threshold}
            mine, other = (quiet(module.association_rules, sets, **options) for module in (ours, theirs))
            if metric == "confidence" and "confidence" in mine and len(mine) > len(other):
                rounded = mine["confidence"] < min_threshold
                assert mine.loc[rounded, "confidence"].tolist() == pytest.approx([min_threshold] * rounded.sum())
                mine = mine[~rounded].reset_index(drop=True) if len(other) else other
            pd.testing.assert_frame_equal(mine, other)


def test_a_confidence_that_is_the_threshold_reaches_it():
    """Of 15 rows with a, 12 have b: 0.8, yet 12 / 20 over 15 / 20 is a little less."""
    df = pd.DataFrame({"a": [True] * 15 + [False] * 5, "b": [True] * 12 + [False] * 8})
    found = ours.association_rules(ours.fpgrowth(df, min_support=0.1, use_colnames=True), min_threshold=0.8)
    assert {tuple(left) for left in found["antecedents"]} == {("a",), ("b",)}


@settings(max_examples=60, deadline=None)
@given(frames(st.sampled_from([0.0, 1.0, 1.0, np.nan])), st.sampled_from(METRICS), st.booleans())
def test_rules_with_unknown_cells_are_those_of_mlxtend(df, metric, use_colnames):
    sets = quiet(theirs.fpgrowth, df, min_support=0.01, null_values=True, use_colnames=use_colnames)
    if len(sets) and len(df) > 1:
        options = {"num_itemsets": len(df), "df_orig": df, "null_values": True, "metric": metric, "min_threshold": 0.2}
        try:
            other = quiet(theirs.association_rules, sets, **options)
        except KeyError as error:
            expected = KeyError, str(error)
            assert outcome(ours.association_rules, sets, **options) == expected
        else:
            pd.testing.assert_frame_equal(quiet(ours.association_rules, sets, **options), other)


@pytest.mark.parametrize("name", ["apriori", "fpgrowth", "fpmax"])
@pytest.mark.parametrize(
    "change",
    [
        lambda df: df.astype(int),
        lambda df: df.astype(float),
        lambda df: df.astype(pd.SparseDtype(bool, fill_value=False)),
        lambda df: df.astype(pd.SparseDtype(int, fill_value=0)),
        lambda df: df[:0],
        lambda df: df[[]],
        lambda df: pd.DataFrame(),
        lambda df: pd.DataFrame([[]]),
        lambda df: df.set_index(pd.Index(["x", "y", "y"])),
    ],
)
@pytest.mark.parametrize("min_support", [0.5, 1.0])
def test_every_kind_of_frame(name, change, min_support):
    df = change(bought([[1, 1, 0], [1, 1, 1], [0, 1, 0]]))
    mine, other = (quiet(getattr(module, name), df, min_support=min_support) for module in (ours, theirs))
    same_sets(mine, other)
    assert isinstance(mine.index, pd.RangeIndex)


@pytest.mark.parametrize("name", ["apriori", "fpgrowth", "fpmax"])
@pytest.mark.parametrize(
    ("df", "options"),
    [
        (bought([[1, 0]]), {"min_support": 0.0}),
        (bought([[1, 0]]), {"min_support": 1.1}),
        (pd.DataFrame([[1, 0], [0, 2]]), {}),
        (pd.DataFrame([[1, 0], [0, 2]]).astype(pd.SparseDtype(int, 0)), {}),
        (pd.DataFrame([[1, "x"]]), {}),
        (pd.DataFrame([[1.0, np.nan]]), {}),
        (pd.DataFrame([[1, 0]], columns=[3, 4]).astype(pd.SparseDtype(int, 0)), {}),
    ],
)
def test_errors_of_itemsets_are_those_of_mlxtend(name, df, options):
    assert outcome(getattr(ours, name), df, **options) == outcome(getattr(theirs, name), df, **options)


def test_an_unallowed_cell_beside_unknown_ones():
    df = pd.DataFrame([[1.0, np.nan], [0.0, 3.0]])
    for name in ("fpgrowth", "fpmax"):
        mine, other = (outcome(getattr(module, name), df, null_values=True) for module in (ours, theirs))
        assert mine == other


def test_errors_of_rules_are_those_of_mlxtend():
    df = bought([[1, 1, 0], [1, 1, 1], [0, 1, 0]])
    sets = theirs.apriori(df, min_support=0.3, use_colnames=True)
    for given_, options in (
        (sets, {"metric": "charm"}),
        (sets, {"null_values": True}),
        (sets, {"null_values": True, "df_orig": df}),
        (sets[:0], {}),
        (sets[["support"]], {}),
        (sets[["itemsets"]], {}),
        (sets[sets["itemsets"].map(len) > 1][:1], {}),
        (sets, {"return_metrics": ["charm"]}),
    ):
        mine, other = (outcome(module.association_rules, given_, **options) for module in (ours, theirs))
        assert mine == other


@pytest.mark.filterwarnings("ignore:DataFrames with non-bool types")
def test_bools_are_no_reason_to_warn_and_numbers_are():
    df = bought([[1, 0], [1, 1]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ours.apriori(df)
        ours.fpgrowth(df.astype(object).where(df, np.nan), null_values=True)
    with pytest.warns(DeprecationWarning, match="non-bool types") as caught:
        ours.apriori(df.astype(int))
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="null_values=True is inefficient"):
        ours.fpgrowth(df.astype(float), null_values=True)


def test_rows_of_itemsets_ascend_by_length_and_columns():
    df = bought([[1, 1, 1], [0, 1, 1]])
    assert [sorted(members) for members in ours.fpgrowth(df)["itemsets"]] == [
        [0],
        [1],
        [2],
        [0, 1],
        [0, 2],
        [1, 2],
        [0, 1, 2],
    ]


def test_verbose_prints_what_the_low_memory_mode_prints(capsys):
    df = bought([[1, 1, 1], [0, 1, 1]])
    theirs.apriori(df, verbose=1, low_memory=True)
    expected = capsys.readouterr().out
    ours.apriori(df, verbose=1)
    assert capsys.readouterr().out == expected


def test_the_support_that_is_asked_for_suffices_whatever_its_rounding():
    # 7 of 100 rows are the share 0.07, though 0.07 * 100 is a little more than 7 in floats.
    df = bought([[1, 1, 0]] * 7 + [[1, 0, 1], [0, 1, 1]] * 10 + [[0, 0, 0]] * 73)
    for function in (ours.apriori, ours.fpgrowth, theirs.apriori):
        assert frozenset({0, 1}) in set(function(df, min_support=0.07)["itemsets"])


def test_the_longest_sets_hide_their_parts_even_when_they_are_not_shown():
    df = bought([[1, 1, 1]] * 3)
    assert len(ours.fpmax(df, max_len=2)) == 0
    assert len(ours.fpmax(df, max_len=0)) == len(ours.fpmax(df, max_len=-1)) == 0
    assert ours.fpmax(df, max_len=3)["itemsets"].tolist() == [frozenset({0, 1, 2})]


@given(
    st.lists(st.lists(st.sampled_from("abcdef"), max_size=8), min_size=1, max_size=12),
    SUPPORTS,
    st.sampled_from([None, 1, 2]),
)
def test_lists_give_the_frame_of_their_one_hot_table(lists, min_support, max_len):
    names = sorted({item for basket in lists for item in basket}) or ["a"]
    table = pd.DataFrame([[name in basket for name in names] for basket in lists], columns=names)
    expected = ours.fpgrowth(table, min_support=min_support, use_colnames=True, max_len=max_len)
    found = ours.fpgrowth_of_lists(lists, min_support=min_support, max_len=max_len)
    pd.testing.assert_frame_equal(found, expected, check_dtype=len(expected) > 0)


def test_lists_may_be_any_iterable_of_things_that_sort():
    found = ours.fpgrowth_of_lists([{3, 1}, (1,), iter([1, 3, 3]), []], min_support=0.5)
    assert dict(zip(found["itemsets"], found["support"], strict=True)) == {
        frozenset([1]): 0.75,
        frozenset([3]): 0.5,
        frozenset([1, 3]): 0.5,
    }
    assert len(ours.fpgrowth_of_lists([], min_support=0.5)) == 0


@pytest.mark.parametrize("shift", [0, 10**12, 10**30, -3])
def test_numbers_of_any_size_are_items(shift):
    found = ours.fpgrowth_of_lists([[2 + shift, 0 + shift], [0 + shift, 2 + shift], [2 + shift]], min_support=0.5)
    assert found["itemsets"].tolist() == [{0 + shift}, {2 + shift}, {0 + shift, 2 + shift}]


def test_a_text_is_no_basket():
    with pytest.raises(ValueError, match="a text is none"):
        ours.fpgrowth_of_lists(["milk", "bread"])
