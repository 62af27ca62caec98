"""A kind of artefact with few arrays, and its files."""

import numpy as np

from recommendations import store
from recommendations.conf import store_dir
from recommendations.data.artefacts import Field
from recommendations.models import Artefact, ArtefactKind

NETWORK = ArtefactKind.NETWORK

SCHEMA = {
    "item_ids": Field("<i8", ("items",), ascends=True),
    "inputs": Field("<f4", ("items", "factors")),
    "outputs": Field("<f4", ("items", "factors")),
    "bias": Field("<f4", ("items",)),
}
"""Of a kind with few arrays: the store is the same for all."""


def arrays(value=1.0, **changes):
    return {
        "item_ids": np.array([3, 5, 8], dtype="<i8"),
        "inputs": np.full((3, 4), value, dtype="<f4"),
        "outputs": np.full((3, 4), value, dtype="<f4"),
        "bias": np.zeros(3, dtype="<f4"),
        **changes,
    }


def publish(value=1.0, **options):
    return store.publish(NETWORK, arrays(value), metrics={"ndcg_10": 0.2}, data_sequence=7, data_orders=9, **options)


def path_of(artefact):
    return store_dir() / artefact.file


def reload():
    store._loaded.clear()
    return store.live(NETWORK)


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def swap_in(artefact, content):
    """Put other content in the file's place, with a row that vouches for it: only the format is left to refuse it."""
    path_of(artefact).write_bytes(content)
    Artefact.objects.filter(pk=artefact.pk).update(size=len(content), sha256=store._sha256(path_of(artefact)))


def link(path, elsewhere):
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
