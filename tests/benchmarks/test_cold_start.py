"""The cold-start benchmark's reading and judging, by eye."""

from argparse import ArgumentParser

import numpy as np
import pytest

pytest.importorskip("pyarrow")

from benchmarks.cold_start import data
from benchmarks.cold_start.__main__ import judged, ratio

LINES = """order,item,at,shopper,quantity,unit_price,description
1,tea,2024-01-01T10:00:00,ann,1,2.0,green tea
2,tea,2024-01-02T10:00:00,bob,2,4.0,green tea
3,cup,2024-01-02T11:00:00,ann,1,5.0,red cup
4,cup,2024-01-03T11:00:00,bob,1,5.0,red cup
C5,cup,2024-01-03T12:00:00,eve,1,5.0,red cup
6,tea,2024-01-04T12:00:00,eve,-1,2.0,green tea
7,POST,2024-01-04T13:00:00,ann,1,9.0,postage
8,rare,2024-01-04T13:00:00,ann,1,9.0,rare
9,tea,2024-01-30T13:00:00,ann,1,2.0,green tea
"""


def test_sales_of_items_with_enough_shoppers_are_read_with_what_the_items_are(tmp_path):
    file = tmp_path / "orders.csv"
    file.write_text(LINES)
    parser = ArgumentParser()
    data.add_arguments(parser)
    given = f"--orders {file} --price unit_price --text description --cancel-prefix C --exclude P* --items-min 2"
    shop = data.read(parser.parse_args([*given.split(), "--cut", "2024-01-10"]))
    assert shop.traits.texts == ("red cup", "green tea")
    assert shop.traits.prices.tolist() == [5.0, 2.0]
    assert len(shop.purchases.items) == 5
    assert (shop.purchases.days >= shop.cut).sum() == 1


def test_a_hit_at_the_first_place_is_worth_all_and_at_the_second_less():
    relevant = np.array([[True, False, False], [False, True, False]])
    scores = np.array([[3.0, 2.0, 1.0], [3.0, 2.0, 1.0]])
    assert np.allclose(judged(scores, relevant), [[1, 1], [1 / np.log2(3), 1]])


def test_a_ratio_draws_shoppers_with_all_their_rows():
    ours, theirs = np.array([0.4, 0.4, 0.8, 0.8]), np.array([0.2, 0.2, 0.4, 0.4])
    assert np.allclose(ratio(ours, theirs, np.array([0, 0, 1, 1])), 2.0)
