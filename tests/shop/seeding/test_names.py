import pytest

from shop.seeding.names import full_title, product_name, title_case


@pytest.mark.parametrize(
    ("category", "kind", "name"),
    [
        ("SALAD MIX", "KITS", "Salad Kit"),
        ("APPLES", "APPLES FUJI (BULK&BAG)", "Fuji Apples"),
        ("SOFT DRINKS", "SFT DRNK 2 LITER BTL CARB INCL", "Soft Drink, Bottle"),
        ("SNACKS", "FRZN   CRMD SPINACH", "Frozen Crushed Spinach"),
        ("TEAS", "INSTANT TEA 12345", "Instant Tea"),
        ("MAGAZINE", "FOOD-MAGAZINE", "Food Magazine"),
        ("COLD CEREAL", "", "Cold Cereal"),
        ("BEEF", "MISC ALL", "Beef"),
    ],
)
def test_a_type_is_spelled_out(category, kind, name):
    assert product_name(category, kind) == name


def test_a_phrase_of_one_category_stays_there():
    assert product_name("PASTA SAUCE", "PREMIUM") == "Premium Pasta Sauce"
    assert product_name("BACON", "PREMIUM") == "Premium Bacon"


def test_small_words_stay_small_and_capitals_are_kept():
    assert title_case("the macaroni and cheese with BBQ") == "The Macaroni and Cheese with BBQ"


@pytest.mark.parametrize(
    ("brand", "size", "title"),
    [("Oakfield", "8 oz", "Oakfield Cheese, 8 oz"), ("", "8 oz", "Cheese, 8 oz"), ("", "", "Cheese")],
)
def test_a_title_has_brand_and_size_where_there_are_any(brand, size, title):
    assert full_title(brand, "Cheese", size) == title
