"""What the benchmark of sessions measures, by eye."""

import math
from argparse import ArgumentParser
from pathlib import Path

import numpy as np
import pytest

from benchmarks.sessions import data, judged, peers
from benchmarks.sessions.generated import Plant, generate
from recommendations.data.sequences import Kind, Recent
from tests.mining.test_transitions import visits


def seen(*item_ids):
    return Recent(
        np.array(item_ids, dtype=np.int64), np.zeros(len(item_ids), dtype=np.int8), np.ones(len(item_ids), np.float32)
    )


def neighbours(**changes):
    return peers.Neighbours(**{"k": 10, "sample": 10, "fading": "same", "matching": "same", **changes})


TRAIN = visits([0, 1], [0, 2], [1, 2, 3], at=[0, 1, 10, 11, 20, 21, 22])


def test_neighbours_vote_by_what_they_have_in_common():
    scores = peers.SessionNeighbours(TRAIN).vsknn(neighbours())(seen(0, 1))
    # The first session has both of the two items, each other one half of them.
    assert scores.tolist() == [1 + 0.5, 1 + 0.5, 0.5 + 0.5, 0.5]
    faded = peers.SessionNeighbours(TRAIN).vsknn(neighbours(fading="div", matching="div"))(seen(0, 1))
    assert faded.tolist() == [0.75 + 0.25 * 0.5, 0.75 + 0.5, 0.25 * 0.5 + 0.5, 0.5]


def test_only_the_nearest_of_the_most_recent_vote():
    ask = peers.SessionNeighbours(TRAIN).vsknn
    assert ask(neighbours(k=1))(seen(0, 1)).tolist() == [1, 1, 0, 0]
    assert ask(neighbours(sample=1))(seen(0, 1)).tolist() == [0, 0.5, 0.5, 0.5]


def test_rare_items_are_voted_up():
    scores = peers.SessionNeighbours(TRAIN).vsknn(neighbours(rare=1.0))(seen(1))
    assert scores.tolist() == pytest.approx(
        [1 + math.log(3 / 2), 2 + 2 * math.log(3 / 2), 1 + math.log(3 / 2), 1 + math.log(3)]
    )


def test_plain_neighbours_are_compared_by_cosine():
    scores = peers.SessionNeighbours(TRAIN).sknn(neighbours())(seen(0))
    assert scores.tolist() == pytest.approx([2 / 2**0.5, 1 / 2**0.5, 1 / 2**0.5, 0])


def test_other_peers():
    assert peers.last_view(TRAIN)(seen(0, 1)).tolist() == [1, 2, 1, 1]
    assert peers.popular(TRAIN, days=np.inf)(seen(0)).tolist() == [2, 2, 2, 1]
    assert peers.popular(TRAIN, days=5 / 86_400)(seen(0)).tolist() == [0, 1, 1, 1]


def test_ranks_are_among_all_but_the_one_on_screen_and_among_what_is_new():
    asked = judged.questions(visits([0, 1, 2, 0], items=4), np.array([4.0, 3, 2, 1]), most=10, seed=1)
    assert (asked.targets.tolist(), asked.new.tolist()) == ([1, 2, 0], [True, True, False])
    found, new = judged.ranks(lambda events: np.array([0.0, 0, 1, 2]), asked)
    assert found.tolist() == [2, 1, 1]
    assert new[:2].tolist() == [2, 1]
    assert judged.ndcg(np.array([0, 2, 20]), 20).tolist() == [1, 0.5, 0]


def test_a_ratio_has_its_interval():
    ones = np.ones(50)
    assert judged.ratio(2 * ones, ones) == (2, 2, 2)


def test_events_of_a_file_are_read(tmp_path: Path):
    file = tmp_path / "events.csv"
    file.write_text("visitor,item,at,event\n1,a,1000000000000,view\n1,b,1000000060000,addtocart\n2,a,1,paid\n")
    parser = ArgumentParser()
    parser.add_argument("--events", type=Path)
    data.add_arguments(parser)
    found = data.read(parser.parse_args(["--events", str(file), "--shopper", "visitor", "--kind", "event"]))
    assert (found.items.tolist(), found.at.tolist()) == ([1, 2], [10**9, 10**9 + 60])
    assert found.kinds.tolist() == [Kind.VIEW, Kind.CART_ADD]
    cut = data.cut_at(found, 10**9 + 30, 10**9 + 90)
    assert (len(cut.train), len(cut.test)) == (1, 0), "what nobody saw before the cut is no question"


def test_the_made_up_log_has_its_plant_and_the_control_has_not():
    planted, control = (generate(Plant(shoppers=100, follows=follows), seed=1) for follows in (True, False))
    assert (np.sort(planted.at) == np.sort(control.at)).all()

    def refills_after_a_look(events):
        hits = []
        for shopper in range(1, 101):
            mine = events.where(events.shoppers == shopper)
            looks = mine.where(mine.kinds == Kind.VIEW)
            for item, at in zip(mine.items[mine.kinds == Kind.ORDER], mine.at[mine.kinds == Kind.ORDER], strict=True):
                if item > 120 * 8:
                    recent = looks.items[(looks.at <= at) & (looks.at > at - 86_400)]
                    hits.append(bool(((recent - 1) // 8 == item - 961).any()))
        return np.mean(hits)

    assert refills_after_a_look(planted) == 1
    assert refills_after_a_look(control) < 0.1
