import pytest

from shop.seeding.sizes import TIMES, size_label


@pytest.mark.parametrize(
    ("raw", "label"),
    [
        ("L     8 OZ", "8 oz"),
        ("12 PK/12 OZ", f"12 {TIMES} 12 oz"),
        ("6/16 OZ", f"6 {TIMES} 16 oz"),
        ("1/2 GAL", "0.5 gal"),
        ("7-3/4 OZ", "7.75 oz"),
        ("GALON", ""),
        ("LB", "1 lb"),
        ("NO SIZE", ""),
        ("", ""),
    ],
)
def test_a_size_reads_as_on_a_label(raw, label):
    assert size_label(raw) == label
