import pytest

from recommendations.catalogue import Facts
from recommendations.ranking.reasons import Code, Evidence, Reason
from recommendations.services.explain import explain

TEA = Facts(key="tea", title="100 %s tea", url="/")
CUP = Facts(key="cup", title="Cup %(n)d", url="/")
PAIR = Evidence(n_ab=37, n_a=210, n_b=90, n=1_000, confidence=37 / 210, lift=2.0)
ALONE = Evidence(n_ab=None, n_a=None, n_b=90, n=1_000, confidence=None, lift=None)


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (Reason(Code.BOUGHT_TOGETHER, PAIR, "cup"), "37 of the 210 orders with Cup %(n)d also had 100 %s tea"),
        (
            Reason(Code.BOUGHT_TOGETHER, Evidence(1, 1, 1, 9, 1.0, 9.0), "cup"),
            "The one order with Cup %(n)d also had 100 %s tea",
        ),
        (Reason(Code.FOR_YOU, PAIR, "cup"), "Chosen for you because you bought Cup %(n)d"),
        (Reason(Code.FOR_YOU, ALONE), "Chosen for you from what you bought before"),
        (Reason(Code.FOR_YOU, PAIR, "gone"), "Chosen for you from what you bought before"),
        (Reason(Code.FOR_YOU, ALONE, "tea"), "You bought it before"),
        (Reason(Code.POPULAR, ALONE), "A best seller: in 90 of 1000 orders"),
        (Reason(Code.POPULAR_IN_CATEGORY, ALONE), "A best seller of its kind: in 90 of 1000 orders"),
        (Reason(Code.STAFF_PICK, ALONE), "Picked by our team"),
    ],
)
def test_a_reason_in_words(reason, text):
    explained = explain(reason, TEA, {"cup": CUP, "tea": TEA})
    assert (explained.code, explained.text, explained.evidence) == (reason.code.value, text, reason.evidence)
