"""Texts become vectors by their n-grams, in any script."""

import numpy as np

from recommendations.data.texts import TextSpace

TEAS = ["西湖龙井茶 绿茶", "安溪铁观音 乌龙茶", "云南普洱茶 熟茶", "武夷大红袍 岩茶 乌龙茶", "碧螺春 绿茶"]
PHONES = ["华为手机壳 透明", "苹果手机壳 黑色", "手机充电器 快充", "手机数据线 快充"]
SOAPS = ["羊奶香皂 洗手", "玫瑰香皂 洗脸", "薄荷香皂 洗手"]


def test_chinese_texts_of_one_kind_are_closer_than_of_two():
    space = TextSpace.learn(TEAS + PHONES + SOAPS, width=6)
    new, teas, phones, soaps = (space(texts) for texts in (["黄山毛峰 绿茶"], TEAS, PHONES, SOAPS))
    alike = [float((new @ kind.T).mean()) for kind in (teas, phones, soaps)]
    assert alike[0] > 3 * max(alike[1:])


def test_case_width_and_blanks_make_no_difference():
    space = TextSpace.learn(["Green Tea", "green cup", "tea cup", "red cup", "red tea"], width=3)
    one, other = space(["green tea", "\uff27REEN   \uff34ea "])
    assert np.allclose(one, other)
    assert one.any()


def test_the_same_texts_give_the_same_space_to_the_last_bit():
    one, other = (TextSpace.learn(TEAS + PHONES + SOAPS, width=5) for _ in range(2))
    assert (one.components == other.components).all()
    assert (one.grams == other.grams).all()


def test_texts_that_say_nothing_have_vectors_of_zeros():
    space = TextSpace.learn(TEAS + PHONES, width=4)
    assert not space(["", "xyz"]).any()
    for nothing in ([], [""], ["one"]):
        assert TextSpace.learn(nothing)(["tea"]).shape == (1, 0)


def test_an_n_gram_counts_by_how_few_texts_have_it():
    space = TextSpace.learn(["aa bb", "aa cc", "aa bb", "dd", "ee", "ff", "gg"], width=2)
    counted = len(space.grams)
    assert counted
    assert np.isclose(space.weights.max(), np.log(8 / 3) + 1)
    assert space.weights.min() >= np.log(8 / 4) + 1 - 1e-6


def test_no_n_gram_reaches_from_one_text_into_the_next():
    apart = TextSpace.learn(["ab", "cd", "ab", "cd", "ef"], width=2)
    known = TextSpace.learn(["abcd", "abcd", "ef", "ef", "gh"], width=2)
    assert len(np.setdiff1d(known.grams, apart.grams)) > 0
    assert len(TextSpace.learn(["a b", "a b", "x", "y", "z"], width=2).grams) > 0
