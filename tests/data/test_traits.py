"""What items are: cleaned on the way in, whatever a shop says of them."""

from decimal import Decimal

import numpy as np
import pytest

from recommendations.data.traits import Described, Traits

TEA = Described(Decimal("3.50"), ("tea", "green"), "Longjing", "西湖龙井茶", 17_000.0)


def test_items_are_described_in_the_order_of_their_ids() -> None:
    traits = Traits.of(np.array([7, 3]), {7: TEA, 3: Described(brand="Acme")})
    assert traits.item_ids.tolist() == [3, 7]
    assert np.isnan(traits.prices[0])
    assert traits.prices[1] == 3.5
    assert [traits.brand_names[code] for code in traits.brands] == ["acme", "longjing"]
    assert traits.category_offsets.tolist() == [0, 0, 2]
    assert [traits.category_names[code] for code in traits.category_codes] == ["tea", "green"]
    assert traits.texts == ("", "西湖龙井茶")
    assert traits.launched_days[1] == 17_000.0
    assert traits.faulty == {}


def test_a_shop_that_says_nothing_gives_items_without_traits() -> None:
    traits = Traits.of(np.array([1, 2]), {})
    assert traits.missing == {"price": 2, "category": 2, "brand": 2, "text": 2, "launched": 2, "image": 2}
    assert len(Traits.of(np.zeros(0, dtype=np.int64), {})) == 0


@pytest.mark.parametrize(
    "price", [float("nan"), float("inf"), -1.0, 0.0, Decimal("NaN"), Decimal("-3"), Decimal("1e13"), "free"]
)
def test_a_price_that_cannot_be_meant_is_missing_and_counted(price: object) -> None:
    traits = Traits.of(np.array([1]), {1: Described(price=price)})  # type: ignore[arg-type]
    assert np.isnan(traits.prices[0])
    assert traits.faulty["price"] == 1


def test_names_that_differ_in_case_width_or_blanks_are_one() -> None:
    traits = Traits.of(np.array([1]), {1: Described(categories=("Tea", " tea ", "\uff34\uff25\uff21", "", "x" * 201))})
    assert traits.category_names == ("tea",)
    assert traits.category_codes.tolist() == [0]
    assert traits.faulty["category"] == 2


def test_texts_lose_what_no_reader_sees() -> None:
    given = {1: Described(text="a\x00b\ud800"), 2: Described(text=" \n "), 3: Described(text="x" * 6_000)}
    traits = Traits.of(np.array([1, 2, 3]), given)
    assert traits.texts[:2] == ("a b", "")
    assert len(traits.texts[2]) == 2_000
    assert traits.faulty["text"] == 2


def test_images_of_another_length_than_most_and_broken_ones_are_left_out() -> None:
    given = {
        1: Described(image=[1.0, 2.0]),
        2: Described(image=[3.0, 4.0]),
        3: Described(image=[5.0]),
        4: Described(image=[float("nan"), 1.0]),
    }
    traits = Traits.of(np.array([1, 2, 3, 4]), given)
    assert traits.images is not None
    assert traits.images.tolist() == [[1, 2], [3, 4], [0, 0], [0, 0]]
    assert traits.faulty["image"] == 2


def test_some_of_the_items_keep_the_meaning_of_their_codes() -> None:
    given = {1: TEA, 2: Described(categories=("soap",)), 3: Described(categories=("tea",))}
    some = Traits.of(np.array([1, 2, 3]), given).at(np.array([1, 2]))
    assert [some.category_names[code] for code in some.category_codes] == ["soap", "tea"]
    assert some.category_offsets.tolist() == [0, 1, 2]


def test_arrays_that_do_not_fit_are_refused() -> None:
    whole = Traits.of(np.array([1, 2]), {1: TEA})
    with pytest.raises(ValueError, match="prices must be above 0"):
        Traits(
            whole.item_ids,
            np.array([-1.0, 2.0]),
            whole.category_offsets,
            whole.category_codes,
            whole.category_names,
            whole.brands,
            whole.brand_names,
            whole.texts,
            whole.launched_days,
        )
