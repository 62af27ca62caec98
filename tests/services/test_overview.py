"""What has been learnt, in figures and sentences."""

from recommendations.models import Artefact, ArtefactKind, ArtefactStatus, LivePointer
from recommendations.services import overview
from recommendations.services.mine import mine
from tests.factories import NOW, fold_all, make_order


def test_an_empty_shop_has_learnt_nothing(db):
    assert overview.learnt() == overview.Learnt(orders=0, items=0, pairs=0, rules=0, network=None)
    assert overview.strongest_rules(most=3, now=NOW) == []


def test_the_figures_are_those_of_what_serves(settings, stocked, db):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "MIN_RULE_ORDERS": 2, "MIN_RULE_SHOPPERS": 2}
    for number in range(6):
        make_order("a", "b", shopper=f"user:{number}")
        make_order("c")
    make_order("d")
    fold_all()
    mine(progress=lambda *_: None, now=NOW)
    network = Artefact.objects.create(
        kind=ArtefactKind.NETWORK, status=ArtefactStatus.PUBLISHED, metrics={"ndcg_10": 0.5}
    )
    LivePointer.objects.create(kind=ArtefactKind.NETWORK, artefact=network)

    assert overview.learnt() == overview.Learnt(orders=13, items=4, pairs=1, rules=2, network={"ndcg_10": 0.5})
    assert overview.strongest_rules(most=3, now=NOW) == [
        "6 of the 6 orders with Product a also had Product b, 2.2 times what chance gives"
    ]
