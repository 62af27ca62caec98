"""Every peer of the quality benchmark: one function fits one method, beside the settings that it is tuned over."""

from benchmarks.quality.peers import factors, items, networks, next_basket, popular
from benchmarks.quality.peers.mix import MIX

PEERS = [*popular.PEERS, *next_basket.PEERS, *items.PEERS, *factors.PEERS, *networks.PEERS, MIX]
"""The mix last: it takes what TIFU-KNN and item kNN were tuned to."""
