"""A store of its own for each test."""

import pytest

from recommendations import store
from tests.store.published import NETWORK, SCHEMA


@pytest.fixture(autouse=True)
def fresh_store(settings, tmp_path, monkeypatch):
    monkeypatch.setitem(store.SCHEMAS, NETWORK, SCHEMA)
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "STORE_DIR": str(tmp_path / "store")}
    store._loaded.clear()
