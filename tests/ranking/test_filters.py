import pytest

from recommendations.data.facts import Facts, Identity
from recommendations.ranking.filters import Removal, removal_by_facts

IDENTITY = Identity("a")


def facts(**changes):
    return Facts(key="a", title="A", url="/a/", **changes)


@pytest.mark.parametrize(
    ("said", "identity", "removal"),
    [
        (None, IDENTITY, Removal.UNKNOWN),
        (facts(visible=False), IDENTITY, Removal.HIDDEN),
        (facts(stock=0), IDENTITY, Removal.SOLD_OUT),
        (facts(counted=False), IDENTITY, Removal.NOT_COUNTED),
        (facts(), Identity("a", counted=False), Removal.NOT_COUNTED),
        (facts(), IDENTITY, None),
        (facts(stock=1), IDENTITY, None),
        (facts(stock=None), IDENTITY, None),
    ],
)
def test_each_removal_has_its_reason(said, identity, removal):
    assert removal_by_facts(said, identity, in_stock_only=True) == removal


def test_a_placement_may_show_what_is_sold_out():
    assert removal_by_facts(facts(stock=0), IDENTITY, in_stock_only=False) is None
