"""Artefacts of the shapes that trainings publish, filled by chance: they cost what true ones cost to serve."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommendations import store
from recommendations.data.artefacts import WEIGHTS
from recommendations.models import ArtefactKind
from recommendations.ranking.slates import COLUMNS

Arrays = dict[str, NDArray[Any]]
Ids = NDArray[np.int64]

FACTORS, TEXTS = 64, 64
SPOKEN_FOR = 50
"""Items that each item speaks for, of the 200 that may be kept: few items of a large shop have more."""

NETWORKS, HIDDEN, SECOND = 3, 64, 32
WIDTH, HEADS, INNER, KINDS, PLACES, RETURNS = 64, 2, 128, 8, 50, 10


def publish(item_ids: Ids, orders: Ids, seed: int) -> None:
    """Make a network and an artefact of sessions over these items the live versions.

    Parameters
    ----------
    item_ids, orders : int64[n], ascending, and how often each was sold.
    """
    random = np.random.default_rng(seed)
    told: Mapping[str, Any] = {"metrics": {}, "data_sequence": 1, "data_orders": int(orders.sum())}
    store.publish(ArtefactKind.NETWORK, _network(random, item_ids, orders), **told)
    store.publish(ArtefactKind.SESSION, _session(random, item_ids, orders), **told)


def _network(random: np.random.Generator, item_ids: Ids, orders: Ids) -> Arrays:
    n = len(item_ids)
    sales = np.column_stack(
        [orders * share for share in (0.02, 0.04, 0.08, 0.25, 1.0, 0.08)]
        + [random.uniform(20, 60, n), random.uniform(0, 0.3, n), np.full(n, 300.0), random.uniform(0, 30, n)]
    )
    factors = (random.standard_normal((n, FACTORS)) * 0.1).astype("<f4")
    texts = random.standard_normal((n, TEXTS)).astype("<f4")
    arrays: Arrays = {
        "item_ids": item_ids.astype("<i8"),
        "sales": sales.astype("<f4"),
        "groups": random.integers(0, 200, (n, 3)).astype("<i4"),
        "prices": random.normal(2, 1, n).astype("<f4"),
        "texts": texts / np.linalg.norm(texts, axis=1, keepdims=True),
        "factors": factors,
        "gram": factors.T @ factors,
    }
    for name in WEIGHTS:
        arrays |= _rows(random, n, orders, name, ("offsets", "columns", "values"))
    shapes = {
        "weights_1": (NETWORKS, COLUMNS, HIDDEN),
        "bias_1": (NETWORKS, HIDDEN),
        "weights_2": (NETWORKS, HIDDEN, SECOND),
        "bias_2": (NETWORKS, SECOND),
        "weights_3": (NETWORKS, SECOND, 3),
        "skip": (NETWORKS, COLUMNS, 3),
        "bias_3": (NETWORKS, 3),
    }
    arrays |= {f"ranker_{name}": _normal(random, shape) for name, shape in shapes.items()}
    return arrays | {"ranker_mean": np.zeros(COLUMNS, "<f4"), "ranker_scale": np.ones(COLUMNS, "<f4")}


def _session(random: np.random.Generator, item_ids: Ids, orders: Ids) -> Arrays:
    n = len(item_ids)
    shapes = {
        "vectors": (n, WIDTH),
        "bias": (n,),
        "kinds": (KINDS, WIDTH),
        "places": (PLACES, WIDTH),
        "interest": (WIDTH,),
        "query": (HEADS, WIDTH, WIDTH // HEADS),
        "key": (HEADS, WIDTH, WIDTH // HEADS),
        "value": (HEADS, WIDTH, WIDTH // HEADS),
        "mix": (WIDTH, WIDTH),
        "inner": (WIDTH, INNER),
        "inner_bias": (INNER,),
        "outer": (INNER, WIDTH),
        "outer_bias": (WIDTH,),
        "norms": (2, 2, WIDTH),
    }
    return {
        "item_ids": item_ids.astype("<i8"),
        **_rows(random, n, orders, "transition", ("offsets", "targets", "values")),
        "session_popular": (orders / max(orders.sum(), 1)).astype("<f4"),
        "session_returns": np.zeros(RETURNS, "<f4"),
        "session_recency": np.array([0.7], "<f4"),
        "session_blend": np.array([0.4, 0.5, 0.1], "<f4"),
        **{f"session_{name}": _normal(random, shape) for name, shape in shapes.items()},
    }


def _rows(random: np.random.Generator, n: int, orders: Ids, name: str, parts: tuple[str, str, str]) -> Arrays:
    """What is sold more is spoken for more."""
    each = min(SPOKEN_FOR, n)
    popular = np.cumsum((orders + 1) / (orders + 1).sum())
    columns = np.minimum(np.searchsorted(popular, random.random((n, each))), n - 1).astype("<i4")
    columns.sort(axis=1)
    found = (np.arange(n + 1) * each).astype("<i8"), columns.ravel(), random.random(n * each).astype("<f4")
    return {f"{name}_{part}": array for part, array in zip(parts, found, strict=True)}


def _normal(random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    return (random.standard_normal(shape) * 0.1).astype("<f4")
