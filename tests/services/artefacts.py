"""Published artefacts small enough to see what they say."""

import uuid
from datetime import timedelta

import numpy as np

from recommendations import store
from recommendations.data.artefacts import WEIGHTS
from recommendations.models import ArtefactKind
from recommendations.ranking.past import PAST_COLUMNS
from recommendations.ranking.slates import COLUMNS
from recommendations.ranking.sources import SOURCES
from recommendations.services import record
from tests.factories import NOW, make_item

TIMES_BOUGHT = 1
SOLD = PAST_COLUMNS + 3 * len(SOURCES)


def publish_network(*, likes, groups=None, factors=None):
    """A network whose ranker counts how often one bought an item, then how much it sells: `likes` {key: orders}.

    `groups` {key: (category, brand)} and `factors` {key: (x, y)} say what is alike; there are no texts.
    """
    ids = {key: make_item(key).pk for key in likes}
    keys = sorted(ids, key=ids.get)
    n = len(keys)
    sales = np.zeros((n, 10), dtype="<f4")
    sales[:, 0] = [likes[key] for key in keys]
    sales[:, 6] = 10.0
    skip = np.zeros((1, COLUMNS, 3), dtype="<f4")
    skip[0, TIMES_BOUGHT, 0], skip[0, SOLD, :] = 10.0, 1.0
    rows = {
        name: values
        for weights in WEIGHTS
        for name, values in (
            (f"{weights}_offsets", np.zeros(n + 1, dtype="<i8")),
            (f"{weights}_columns", np.zeros(0, dtype="<i4")),
            (f"{weights}_values", np.zeros(0, dtype="<f4")),
        )
    }
    vectors = np.array([(factors or {}).get(key, (0, 0)) for key in keys], dtype="<f4")
    kinds = [(groups or {}).get(key, (-1, -1)) for key in keys]
    arrays = {
        "item_ids": np.array([ids[key] for key in keys], dtype="<i8"),
        "sales": sales,
        "groups": np.array([(category, -1, brand) for category, brand in kinds], dtype="<i4"),
        "prices": np.zeros(n, dtype="<f4"),
        "texts": np.zeros((n, 0), dtype="<f4"),
        "factors": vectors,
        "gram": (vectors.T @ vectors).astype("<f4"),
        **rows,
        "ranker_mean": np.zeros(COLUMNS, dtype="<f4"),
        "ranker_scale": np.ones(COLUMNS, dtype="<f4"),
        "ranker_weights_1": np.zeros((1, COLUMNS, 1), dtype="<f4"),
        "ranker_bias_1": np.zeros((1, 1), dtype="<f4"),
        "ranker_weights_2": np.zeros((1, 1, 1), dtype="<f4"),
        "ranker_bias_2": np.zeros((1, 1), dtype="<f4"),
        "ranker_weights_3": np.zeros((1, 1, 3), dtype="<f4"),
        "ranker_skip": skip,
        "ranker_bias_3": np.zeros((1, 3), dtype="<f4"),
    }
    return store.publish(ArtefactKind.NETWORK, arrays, metrics={}, data_sequence=1, data_orders=7)


def publish_sessions(followed, *, popular=""):
    """An artefact of sessions in which who views an item views what follows it next: {"a": {"d": 0.9}}."""
    keys = sorted({*followed, *popular, *(key for after in followed.values() for key in after)})
    ids = {key: make_item(key).pk for key in keys}
    ordered = sorted(keys, key=ids.get)
    place = {key: position for position, key in enumerate(ordered)}
    rows = [sorted((place[after], value) for after, value in followed.get(key, {}).items()) for key in ordered]
    flat = [entry for row in rows for entry in row]
    arrays = {
        "item_ids": np.array([ids[key] for key in ordered], dtype="<i8"),
        "transition_offsets": np.cumsum([0, *map(len, rows)]).astype("<i8"),
        "transition_targets": np.array([target for target, _ in flat], dtype="<i4"),
        "transition_values": np.array([value for _, value in flat], dtype="<f4"),
        "session_popular": np.full(len(ordered), 1 / len(ordered), dtype="<f4"),
        "session_returns": np.zeros(1, dtype="<f4"),
        "session_recency": np.array([0.5], dtype="<f4"),
        "session_blend": np.array([0.0, 0.9, 0.1], dtype="<f4"),
    }
    return store.publish(ArtefactKind.SESSION, arrays, metrics={}, data_sequence=1, data_orders=7)


def view(key, *, shopper="user:1", at=NOW - timedelta(minutes=1), kind="view", seconds=60):
    """Record that a shopper looked at an item."""
    told = {"event_id": str(uuid.uuid4()), "kind": kind, "item": key, "at": at.isoformat()}
    if kind == "view":
        told["dwell_seconds"] = seconds
    record.events([record.BrowseEvent.parse(told)], shopper=shopper, now=NOW)
