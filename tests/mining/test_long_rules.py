from collections import defaultdict
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.data.baskets import Baskets
from recommendations.mining.families import Finder, hashes, in_order, levels
from recommendations.mining.itemsets import Itemsets, itemsets
from recommendations.mining.postings import Postings, shoppers_of_sets
from recommendations.mining.rules import MEASURES, rules_of_itemsets

BASKETS = st.lists(st.sets(st.integers(1, 7), max_size=6).map(sorted), max_size=25)


def frequent(baskets, min_count):
    """Every frequent itemset and its count, by trying all."""
    counts = defaultdict(int)
    for basket in baskets:
        for length in range(1, len(basket) + 1):
            for members in combinations(basket, length):
                counts[members] += 1
    return {members: count for members, count in counts.items() if count >= min_count}


def of(counts):
    offsets = np.concatenate([[0], np.cumsum([len(members) for members in counts])]).astype(np.int64)
    items = np.array([item for members in counts for item in members], dtype=np.int64)
    return Itemsets(offsets, items, np.array(list(counts.values()), dtype=np.int64))


def as_rows(rules):
    antecedents = np.split(rules.antecedents, rules.offsets[1:-1])
    return list(
        zip(
            [tuple(antecedent.tolist()) for antecedent in antecedents[: len(rules)]],
            rules.consequent.tolist(),
            rules.orders.tolist(),
            rules.antecedent_orders.tolist(),
            rules.consequent_orders.tolist(),
            strict=True,
        )
    )


@given(BASKETS, st.integers(1, 4), st.floats(0, 1), st.integers(1, 4))
def test_rules_equal_brute_force(baskets, min_count, confidence, most):
    counts = frequent(baskets, min_count)
    found = rules_of_itemsets(
        of(counts), total_orders=len(baskets), at_least={"confidence": confidence}, most_antecedents=most
    )
    expected = []
    for members, count in counts.items():
        for item in members:
            rest = tuple(other for other in members if other != item)
            if rest and len(rest) <= most and count / counts[rest] >= confidence:
                expected.append((rest, item, count, counts[rest], counts[(item,)]))
    assert sorted(as_rows(found)) == sorted(expected)
    numbers = [list(counts).index(row[0]) for row in as_rows(found)]
    assert numbers == sorted(numbers)


@given(BASKETS, st.randoms(), st.sampled_from(MEASURES))
def test_an_antecedent_keeps_its_strongest_rules_whatever_the_order_of_the_sets(baskets, random, name):
    counts = frequent(baskets, 1)
    shuffled = dict(random.sample(list(counts.items()), len(counts)))
    options = {"total_orders": len(baskets), "at_least": {}, "strongest_by": name}
    everything = rules_of_itemsets(of(counts), **options)
    kept = rules_of_itemsets(of(shuffled), **options, most_per_antecedent=2)
    by_antecedent = defaultdict(list)
    for row, value in zip(as_rows(everything), getattr(everything.measures, name).tolist(), strict=True):
        by_antecedent[row[0]].append((-value, row[1], row))
    expected = [row for rules in by_antecedent.values() for *_, row in sorted(rules)[:2]]
    assert sorted(as_rows(kept)) == sorted(expected)


@given(BASKETS, st.floats(-1, 1))
def test_an_improvement_is_over_every_rule_with_one_antecedent_less(baskets, improvement):
    counts = {**frequent(baskets, 1), (): len(baskets)}

    def confidence(antecedent, item):
        return counts[tuple(sorted((*antecedent, item)))] / counts[antecedent]

    nonempty = of({members: count for members, count in counts.items() if members})
    options = {"total_orders": len(baskets), "at_least": {}, "least_antecedents": 2}
    rows = as_rows(rules_of_itemsets(nonempty, **options))
    assert all(len(antecedent) >= 2 for antecedent, *_ in rows)
    expected = [
        row
        for row in rows
        if all(
            confidence(row[0], row[1]) - confidence(tuple(one for one in row[0] if one != left), row[1]) >= improvement
            for left in row[0]
        )
    ]
    assert as_rows(rules_of_itemsets(nonempty, **options, improvement=improvement)) == expected


def test_a_pair_improves_on_no_antecedent_at_all():
    sets = of({(1,): 8, (2,): 5, (1, 2): 4})
    found = rules_of_itemsets(sets, total_orders=10, at_least={}, improvement=0.0)
    assert as_rows(found) == [((1,), 2, 4, 8, 5), ((2,), 1, 4, 5, 8)]
    assert len(rules_of_itemsets(sets, total_orders=10, at_least={}, improvement=0.01)) == 0


@given(BASKETS, st.data())
def test_shoppers_of_sets_equal_brute_force_and_guests_are_nobody(baskets, data):
    shoppers = data.draw(st.lists(st.integers(0, 3), min_size=len(baskets), max_size=len(baskets)))
    counts = frequent(baskets, 1)
    sets = of(counts)
    found = shoppers_of_sets(Baskets.of(baskets), np.array(shoppers, dtype=np.int64), sets.offsets, sets.items)
    expected = [
        len({who for basket, who in zip(baskets, shoppers, strict=True) if who and set(members) <= set(basket)})
        for members in counts
    ]
    assert found.tolist() == expected


def test_wholes_have_the_consequent_last():
    sets = of({(1,): 8, (2,): 5, (3,): 4, (1, 2): 4, (1, 3): 4, (2, 3): 3, (1, 2, 3): 3})
    found = rules_of_itemsets(sets, total_orders=10, at_least={"confidence": 0.8})
    offsets, items = found.wholes()
    expected = [[*antecedent, item] for antecedent, item, *_ in as_rows(found)]
    assert [part.tolist() for part in np.split(items, offsets[1:-1])] == expected
    assert as_rows(found.where(np.array([1]))) == as_rows(found)[1:2]


def test_rules_by_eye():
    sets = of({(1,): 8, (2,): 5, (3,): 4, (1, 2): 4, (1, 3): 4, (2, 3): 3, (1, 2, 3): 3})
    found = rules_of_itemsets(sets, total_orders=10, at_least={"confidence": 0.8, "lift": 1.1})
    assert as_rows(found) == [((3,), 1, 4, 4, 8), ((2, 3), 1, 3, 3, 8)]
    assert found.measures.lift.tolist() == [1.25, 1.25]
    assert len(rules_of_itemsets(sets, total_orders=10, at_least={"confidence": 0.8}, most_antecedents=1)) == 2


def test_a_missing_subset_and_a_measure_that_does_not_exist_are_told():
    with pytest.raises(ValueError, match="a subset of an itemset is missing"):
        rules_of_itemsets(of({(1,): 3, (1, 2): 2}), total_orders=4, at_least={})
    with pytest.raises(ValueError, match="'charm' is no measure; there are support, confidence"):
        rules_of_itemsets(of({}), total_orders=0, at_least={"charm": 1.0})
    with pytest.raises(ValueError, match="must be at least 1"):
        rules_of_itemsets(of({}), total_orders=0, at_least={}, most_antecedents=0)


def test_an_item_that_nobody_bought_has_no_baskets():
    postings = Postings(Baskets.of([[1, 2], [2]]))
    assert postings.of_item(2).tolist() == [0, 1]
    assert postings.of_set(np.array([1, 3])).tolist() == []


def test_no_itemsets_no_rules():
    assert len(rules_of_itemsets(of({}), total_orders=0, at_least={"lift": 1.0})) == 0
    assert len(rules_of_itemsets(of({(4,): 2}), total_orders=2, at_least={})) == 0


@given(BASKETS, st.integers(1, 4), st.none() | st.integers(1, 4))
def test_frequent_itemsets_equal_brute_force(baskets, min_count, longest):
    found = in_order(itemsets(Baskets.of(baskets), min_count=min_count, max_length=longest))
    counts = frequent(baskets, min_count)
    expected = sorted((len(members), members) for members in counts if longest is None or len(members) <= longest)
    rows = [tuple(row.tolist()) for row in np.split(found.items, found.offsets[1:-1])][: len(found.counts)]
    assert [(len(row), row) for row in rows] == expected
    assert found.counts.tolist() == [counts[members] for _, members in expected]


@given(BASKETS)
def test_a_finder_finds_what_there_is_and_nothing_else(baskets):
    counts = frequent(baskets, 2)
    sets = of(counts)
    finder = Finder(sets.offsets, sets.items)
    for level in levels(sets.offsets, sets.items):
        assert finder.find(hashes(level.items[:, ::-1]).sum(axis=2, dtype=np.uint64)).tolist() == level.at.tolist()
    rare = np.array([99], dtype=np.int64)
    assert finder.find(hashes(rare)).tolist() == [-1]
