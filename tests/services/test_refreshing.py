"""Arrays are brought up to date without training."""

import numpy as np
import pytest

from recommendations.data.artefacts import SCHEMAS, validate
from recommendations.data.histories import Histories
from recommendations.exceptions import DriftTooLarge
from recommendations.ranking.kinds import Kinds
from recommendations.ranking.sales import sales_at
from recommendations.ranking.served import market_arrays
from recommendations.services.learning import LearningConfig, learn_market
from recommendations.services.refreshing import refreshed

SINCE = 100.0


def purchases(*, late):
    """Forty shoppers who bought two of the items 10, 20 .. 60; later some buy the `late` item."""
    rows = [(s, 10 * (1 + (s + k) % 6), 60.0 + s % 30, s) for s in range(40) for k in range(2)]
    rows += [(s, late, 105.0, 100 + s) for s in range(10)] if late else []
    shoppers, items, days, orders = (np.array(column) for column in zip(*rows, strict=True))
    return Histories.of(shoppers, items, days.astype(float), orders)


@pytest.fixture(scope="module")
def base():
    known = purchases(late=None)
    market = learn_market(known, now=SINCE, kinds=Kinds.unknown(6), config=LearningConfig(factors=4))
    discount = np.full((len(known.item_ids), 3), 0.25, dtype="<f4")
    return {"item_ids": known.item_ids, **market_arrays(market), "discount": discount}


def valid(arrays):
    validate({name: field for name, field in SCHEMAS["network"].items() if not name.startswith("ranker_")}, arrays)


@pytest.mark.parametrize("late", [20, 25, 5, 70])
def test_refreshed_arrays_fit_the_schema_and_count_sales_of_now(base, late):
    histories = purchases(late=late)
    found = refreshed(base, histories, since=SINCE, now=106.0, drift_limit=np.inf)
    valid(found.arrays)
    assert found.new_items == (late != 20)
    np.testing.assert_array_equal(found.arrays["sales"], sales_at(histories, 106.0).table())
    vectors = found.arrays["factors"].astype(float)
    np.testing.assert_allclose(found.arrays["gram"], vectors.T @ vectors, rtol=1e-3, atol=1e-4)


def test_a_new_item_speaks_for_others_and_they_for_it(base):
    found = refreshed(base, purchases(late=25), since=SINCE, now=106.0, drift_limit=np.inf)
    place = int(np.searchsorted(found.arrays["item_ids"], 25))
    for name in ("neighbours", "linear", "linear_all"):
        offsets = found.arrays[f"{name}_offsets"]
        assert offsets[place + 1] > offsets[place]
        assert place in found.arrays[f"{name}_columns"]
    assert np.abs(found.arrays["factors"][place]).max() > 0
    assert found.arrays["discount"][:, 0].tolist() == [0.0 if at == place else 0.25 for at in range(7)]


def test_nothing_bought_since_is_nothing_to_refresh(base):
    assert refreshed(base, purchases(late=None), since=SINCE, now=106.0) is None


def test_vectors_that_moved_too_far_call_for_a_training(base):
    with pytest.raises(DriftTooLarge, match="retrain"):
        refreshed(base, purchases(late=20), since=SINCE, now=106.0, drift_limit=1e-6)
