"""Ours: the recommender that the plugin trains and serves, learnt from purchases before the cut alone."""

import numpy as np

from benchmarks.quality.peers.learning import Learning, Peer
from recommendations.data.texts import TextSpace
from recommendations.data.traits import Traits
from recommendations.evaluation.judging import Scorer
from recommendations.ranking.kinds import Kinds
from recommendations.ranking.served import Recommender
from recommendations.services.scoring import scorer_of

TEXT_WIDTH = 32


def fit(learning: Learning) -> Scorer:
    """What is served to every shopper at the cut."""
    from recommendations.services.learning import learn  # noqa: PLC0415 (torch)

    train = learning.train
    learnt = learn(train, now=learning.cut, kinds=_kinds(learning), seed=learning.seed)
    return scorer_of(Recommender.of(learnt.arrays), train, now=learning.cut)


def _kinds(learning: Learning) -> Kinds:
    if not learning.goods:
        return Kinds.unknown(len(learning.train.item_ids))
    ids = learning.train.item_ids
    places = np.arange(len(ids))
    described = {
        int(ids[place]): learning.goods[learning.keys[place]]
        for place in places
        if learning.keys[place] in learning.goods
    }
    traits = Traits.of(ids, described)
    return Kinds.of(traits, TextSpace.learn(traits.texts, width=TEXT_WIDTH)(traits.texts))


OURS = Peer("ours", fit, [{}], needs=("torch",), is_random=True)
