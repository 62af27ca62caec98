import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.data.sequences import Events, Kind, latest, sequences_of

DAY = 86_400
NAN = float("nan")
OPTIONS = {"silence": 1_800, "least_dwell": 2.0, "most_a_day": 6}

ROWS = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.integers(1, 4),
        st.integers(0, 24).map(lambda step: DAY - 12 * 900 + 900 * step),
        st.sampled_from(list(Kind)),
        st.sampled_from([NAN, 0.0, 1.0, 3.0, 5.0]),
    ),
    max_size=30,
)


def as_events(rows):
    columns = np.array([tuple(map(float, row)) for row in rows]).reshape(-1, 5).T
    people, items, at = (column.astype(np.int64) for column in columns[:3])
    return Events(people, items, at, columns[3].astype(np.int8), columns[4])


def as_lists(sequences):
    """(item id, kind) of each event of each visit."""
    pairs = list(zip(sequences.item_ids[sequences.items].tolist(), sequences.kinds.tolist(), strict=True))
    return [pairs[start:stop] for start, stop in zip(sequences.offsets, sequences.offsets[1:], strict=False)]


def test_a_longer_look_weighs_more_and_never_above_one():
    weights = as_events([(1, 1, 0, Kind.VIEW, dwell) for dwell in (2, 30, 300, 80_000)]).weights
    assert np.round(weights, 3).tolist() == [0.064, 0.632, 1.0, 1.0]
    assert as_events([(1, 1, 0, Kind.VIEW, NAN)]).weights.tolist() == [0.5]


def test_a_wish_weighs_more_than_a_look_and_what_is_taken_back_below_nothing():
    kinds = [Kind.VIEW, Kind.FAVOURITE, Kind.CART_ADD, Kind.ORDER]
    weights = as_events([(1, 1, 0, kind, 1_000.0) for kind in kinds]).weights
    assert (np.diff(weights) > 0).all()
    assert (as_events([(1, 1, 0, kind, NAN) for kind in (Kind.CART_REMOVE, Kind.NOT_INTERESTED)]).weights < 0).all()
    stars = as_events([(1, 1, 0, Kind.RATING, stars) for stars in (1, 3, 5)]).weights
    assert stars.tolist() == [-1.5, 0.0, 1.5]


def test_a_silence_begins_another_visit_and_a_glance_breaks_it():
    rows = [
        (1, 10, 0, Kind.VIEW, 9),
        (1, 20, 1_500, Kind.VIEW, 1),
        (1, 30, 3_000, Kind.VIEW, 9),
        (1, 40, 9_000, 2, NAN),
    ]
    assert as_lists(sequences_of(as_events(rows), **OPTIONS)) == [[(10, 0), (30, 0)], [(40, 2)]]


def test_of_several_events_in_a_row_with_one_item_the_strongest_stays():
    rows = [
        (1, 10, 0, Kind.VIEW, 60),
        (1, 10, 60, Kind.CART_ADD, NAN),
        (1, 10, 70, Kind.CART_REMOVE, NAN),
        (1, 20, 80, Kind.VIEW, 5),
        (1, 10, 90, Kind.VIEW, 5),
    ]
    found = as_lists(sequences_of(as_events(rows), **OPTIONS))
    assert found == [[(10, Kind.CART_ADD), (10, Kind.CART_REMOVE), (20, Kind.VIEW), (10, Kind.VIEW)]]


def test_the_day_of_a_program_is_left_out():
    rows = [(1, item, 60 * item, Kind.VIEW, 9) for item in range(1, 8)] + [(1, 1, DAY, Kind.VIEW, 9)]
    assert as_lists(sequences_of(as_events(rows), **OPTIONS)) == [[(1, 0)]]
    many_orders = [(1, item, 60 * item, Kind.ORDER, NAN) for item in range(1, 8)]
    assert len(as_lists(sequences_of(as_events(many_orders), **OPTIONS))[0]) == 7, "orders have rules of their own"


def test_items_that_are_not_known_are_left_out():
    rows = [(1, 10, 0, Kind.VIEW, 9), (1, 20, 60, Kind.VIEW, 9)]
    found = sequences_of(as_events(rows), **OPTIONS, item_ids=np.array([20, 30]))
    assert as_lists(found) == [[(20, 0)]]
    assert found.item_ids.tolist() == [20, 30]


def test_visits_can_be_chosen():
    rows = [(shopper, item, 0, Kind.VIEW, 9) for shopper, item in ((1, 10), (2, 20), (2, 30), (3, 40))]
    found = sequences_of(as_events(rows), **OPTIONS).where(np.array([False, True, True]))
    assert as_lists(found) == [[(20, 0), (30, 0)], [(40, 0)]]


def test_nothing_gives_no_visits():
    found = sequences_of(as_events([]), **OPTIONS)
    assert (len(found), len(found.items), len(latest(as_events([]), least_dwell=2, most=5))) == (0, 0, 0)


@given(ROWS)
def test_the_order_of_rows_says_nothing(rows):
    # Events of one moment, shopper and item have no order of their own.
    rows = list({row[:3]: row for row in rows}.values())
    one, other = sequences_of(as_events(rows), **OPTIONS), sequences_of(as_events(rows[::-1]), **OPTIONS)
    assert as_lists(one) == as_lists(other)
    assert all(one.at[start:stop].tolist() == sorted(one.at[start:stop]) for start, stop in _spans(one))


@given(ROWS)
def test_serving_reads_a_visit_as_training_did(rows):
    events = as_events([(1, *row[1:]) for row in {row[:3]: row for row in rows}.values()])
    trained = sequences_of(events, silence=10 * DAY, least_dwell=2, most_a_day=1_000)
    served = latest(events, least_dwell=2, most=1_000)
    assert served.item_ids.tolist() == trained.item_ids[trained.items].tolist()
    assert served.weights.tolist() == trained.weights.tolist()


def test_arrays_that_do_not_fit_are_refused():
    one, two = np.ones(1, dtype=np.int64), np.ones(2, dtype=np.int64)
    with pytest.raises(ValueError, match="one entry an event"):
        Events(one, two, one, one.astype(np.int8), one.astype(np.float64))
    with pytest.raises(ValueError, match="kinds must be from 0 to 7"):
        Events(one, one, one, np.array([8], dtype=np.int8), one.astype(np.float64))


def _spans(sequences):
    return zip(sequences.offsets.tolist(), sequences.offsets[1:].tolist(), strict=False)
