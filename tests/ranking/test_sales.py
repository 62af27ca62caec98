import numpy as np
import pytest

from recommendations.data.histories import Histories
from recommendations.ranking.sales import SHRINK_GAP, SHRINK_REBUY, Sales, sales_at

NOW = 100.0


def histories(*rows):
    """Of (shopper, item, day); each purchase is an order."""
    shoppers, items, days = map(np.array, zip(*rows, strict=True))
    return Histories.of(shoppers, items, days.astype(float), np.arange(len(rows)))


SHOP = histories((1, 5, 40), (1, 5, 60), (2, 5, 95), (2, 6, 80), (3, 7, 99))
"""5 was bought by two, one of whom came back after 20 days; 6 and 7 once."""


def test_orders_are_counted_in_the_last_days_and_ever():
    found = sales_at(SHOP, NOW)
    assert found.orders.tolist() == [[1, 1, 1, 3, 3], [0, 0, 1, 1, 1], [1, 1, 1, 1, 1]]
    assert found.earlier.tolist() == [1, 0, 0], "day 60 is 40 days ago"


def test_gap_and_rebuying_are_shrunk_to_the_shops_mean():
    found = sales_at(SHOP, NOW)
    assert found.gap.tolist() == pytest.approx([20, 20, 20])
    mean = 1 / 4
    assert found.rebuy[0] == pytest.approx((1 + SHRINK_REBUY * mean) / (2 + SHRINK_REBUY))
    assert found.rebuy[2] == pytest.approx(SHRINK_REBUY * mean / (1 + SHRINK_REBUY))


def test_items_own_gaps_count_beside_the_mean():
    found = sales_at(histories((1, 5, 0), (1, 5, 10), (1, 6, 0), (1, 6, 30)), NOW)
    assert found.gap.tolist() == pytest.approx([(10 + SHRINK_GAP * 20) / 6, (30 + SHRINK_GAP * 20) / 6])


def test_first_and_last_sale_are_told_in_days():
    found = sales_at(SHOP, NOW)
    assert found.first.tolist() == [60, 20, 1]
    assert found.last.tolist() == [5, 20, 1]


def test_where_nobody_came_back_the_gap_is_a_month_and_all_is_finite():
    found = sales_at(histories((1, 5, 99)), NOW)
    assert found.gap.tolist() == [30]
    assert np.isfinite(found.columns()).all()
    assert found.columns().shape == (1, 11)


def test_a_table_gives_the_same_sales_back():
    found = sales_at(SHOP, NOW)
    again = Sales.from_table(found.table())
    assert (again.columns() == found.columns()).all()
