"""Published artefacts small enough to see what they say."""

import uuid
from datetime import timedelta

import numpy as np

from recommendations import store
from recommendations.data.categories import ItemCategories
from recommendations.models import ArtefactKind
from recommendations.services import record
from tests.factories import NOW, make_item
from tests.recommender import network_arrays


def publish_network(*, likes, groups=None, factors=None):
    """`network_arrays` of {key: sold}, with {key: (category, brand)} and {key: (x, y)}."""
    ids = {key: make_item(key).pk for key in likes}
    keys = sorted(ids, key=ids.get)
    arrays = network_arrays(
        [ids[key] for key in keys],
        sold=[likes[key] for key in keys],
        groups=[(groups or {}).get(key, (-1, -1)) for key in keys],
        factors=[(factors or {}).get(key, (0, 0)) for key in keys],
    )
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


def publish_items(stats, *, as_of=NOW, window_orders=(100, 400)):
    """Statistics of {key: {"recent": 24, "earlier": 24, "trend": 2.0, "sales": 30, "repeat_share": 0.5}}.

    With categories where an item has a "category".
    """
    ids = {key: make_item(key).pk for key in stats}
    keys = sorted(ids, key=ids.get)

    def column(name, dtype, otherwise=0):
        return np.array([stats[key].get(name, otherwise) for key in keys], dtype=dtype)

    arrays = {
        "as_of": np.array(int(as_of.timestamp()), dtype="<i8"),
        "window_orders": np.array(window_orders, dtype="<i8"),
        "item_ids": np.array([ids[key] for key in keys], dtype="<i8"),
        "recent": column("recent", "<i4"),
        "earlier": column("earlier", "<i4"),
        "usual": column("earlier", "<f4") / np.float32(4),
        "trend": column("trend", "<f4"),
        "sales": column("sales", "<f4"),
        "buyers": column("buyers", "<i4"),
        "repeat_share": column("repeat_share", "<f4", 0.5),
        "first_ordered": column("first_ordered", "<i4"),
    }
    named = {ids[key]: stats[key]["category"] for key in keys if "category" in stats[key]}
    if named:
        arrays |= ItemCategories.named(named).to_arrays(arrays["item_ids"])
    return store.publish(ArtefactKind.ITEMS, arrays, metrics={}, data_sequence=1, data_orders=7)
