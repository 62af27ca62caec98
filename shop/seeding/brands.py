"""Brand names for manufacturers, which the sales data gives as numbers: invented, each number's always the same.

What grows or is cut to order bears no brand, as in a shop.
"""

OWN_MANUFACTURER = 69
OWN_BRAND = "Market Lane"
UNBRANDED = frozenset({"fruit-vegetables", "meat", "fish", "flowers"})

FIRST = (
    "Alder", "Amber", "Ash", "Birch", "Blue", "Bramble", "Briar", "Bright", "Brook", "Clear", "Clover", "Copper",
    "Dale", "Elm", "Fair", "Fern", "Glen", "Golden", "Grand", "Green", "Harbor", "Hazel", "Heather", "High", "Hollow",
    "Iron", "Juniper", "Kettle", "Lark", "Linden", "Maple", "Meadow", "Mill", "North", "Oak", "Orchard", "Pine",
    "Quail", "River", "Rose", "Rowan", "Sage", "Silver", "South", "Stone", "Summer", "Sunny", "Thistle", "Willow",
)  # fmt: skip
SECOND = (
    "bank", "bay", "berry", "bridge", "brook", "crest", "croft", "dale", "field", "ford", "gate", "grove", "hall",
    "haven", "hill", "house", "lea", "mere", "mill", "moor", "point", "ridge", "side", "stead", "ton", "vale", "view",
    "well", "wick", "wood", "worth",
)  # fmt: skip

# Prime to the number of names, so that neighbouring numbers get names that look nothing alike.
STRIDE = 937


def brand_of(manufacturer: int, department: str) -> str:
    """The brand of a manufacturer's goods in a department; empty where goods bear none."""
    if department in UNBRANDED:
        return ""
    if manufacturer == OWN_MANUFACTURER:
        return OWN_BRAND
    first, second = divmod(manufacturer * STRIDE % (len(FIRST) * len(SECOND)), len(SECOND))
    return FIRST[first] + _other_than(FIRST[first], second)


def _other_than(first: str, second: int) -> str:
    """The second half; the next one where it would repeat the first, as in Brookbrook."""
    half = SECOND[second]
    return SECOND[(second + 1) % len(SECOND)] if half == first.lower() else half
