from shop.seeding.brands import FIRST, OWN_BRAND, OWN_MANUFACTURER, SECOND, brand_of


def test_the_shop_has_a_brand_of_its_own():
    assert brand_of(OWN_MANUFACTURER, "snacks") == OWN_BRAND


def test_a_manufacturer_has_one_brand_and_its_neighbour_another():
    assert brand_of(12, "snacks") == brand_of(12, "frozen") != brand_of(13, "snacks")


def test_what_grows_bears_no_brand():
    assert brand_of(12, "fruit-vegetables") == ""


def test_no_brand_repeats_its_first_half():
    brands = [brand_of(number, "snacks") for number in range(len(FIRST) * len(SECOND))]
    assert not [brand for brand in brands for half in FIRST if brand.lower() == 2 * half.lower()]
