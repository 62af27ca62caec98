"""Bestsellers and a shopper's own purchases: the least that anything must beat."""

from benchmarks.quality.peers.learning import Learning, Peer
from recommendations.evaluation import baselines
from recommendations.evaluation.judging import Scorer


def most_popular(learning: Learning) -> Scorer:
    return baselines.most_popular(learning.train)


def recent_popular(learning: Learning, *, days: float) -> Scorer:
    return baselines.recent_popular(learning.train, cut=learning.cut, days=days)


def personal(learning: Learning, *, half_life: float | None = None) -> Scorer:
    return baselines.personal_frequency(learning.train, cut=learning.cut, half_life_days=half_life)


PEERS = [
    Peer("most popular", most_popular, [{}]),
    Peer("recent popular", recent_popular, [{"days": days} for days in (1, 3, 7, 14, 21, 28, 56, 91)]),
    Peer("personal frequency", personal, [{}]),
    Peer(
        "personal frequency, decayed", personal, [{"half_life": days} for days in (14, 30, 60, 90, 150, 200, 300, 600)]
    ),
]
