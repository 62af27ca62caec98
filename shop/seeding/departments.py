"""The shop's departments, and which categories of the sales data stand in which.

What is not listed is not sold here: fuel, coupons, tobacco, lottery tickets, photo services, till corrections.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_noop as _


@dataclass(frozen=True, slots=True)
class Department:
    """`shelves` maps each category's name to the categories of the sales data in it.

    A name with a slash is a category of one department of the sales data only.
    """

    slug: str
    name: str
    picture: str
    shelves: Mapping[str, tuple[str, ...]]


DEPARTMENTS = (
    Department(
        "fruit-vegetables",
        _("Fruit & vegetables"),
        "produce",
        {
            _("Apples & pears"): ("APPLES", "PEARS"),
            _("Berries & grapes"): ("BERRIES", "GRAPES"),
            _("Citrus fruit"): ("CITRUS",),
            _("Bananas & tropical fruit"): ("TROPICAL FRUIT",),
            _("Melons & stone fruit"): ("MELONS", "STONE FRUIT"),
            _("Cut fruit"): ("VALUE ADDED FRUIT",),
            _("Tomatoes & peppers"): ("TOMATOES", "PEPPERS-ALL"),
            _("Onions & potatoes"): ("ONIONS", "POTATOES"),
            _("Lettuce & salad"): ("SALAD MIX", "VEGETABLES SALAD", "SALAD BAR/SALAD BAR", "PRODUCE/PROCESSED"),
            _("Vegetables"): (
                "BROCCOLI/CAULIFLOWER",
                "CARROTS",
                "CORN",
                "MUSHROOMS",
                "SQUASH",
                "VALUE ADDED VEGETABLES",
                "VEGETABLES - ALL OTHERS",
                "PRODUCE/SEASONAL",
            ),
            _("Organic"): ("ORGANICS FRUIT & VEGETABLES",),
            _("Herbs"): ("HERBS",),
        },
    ),
    Department(
        "meat",
        _("Meat & poultry"),
        "meat",
        {
            _("Beef"): ("BEEF",),
            _("Pork"): ("PORK",),
            _("Chicken & turkey"): ("CHICKEN", "TURKEY", "EXOTIC GAME/FOWL"),
            _("Ham & smoked meat"): ("SMOKED MEATS",),
            _("Bacon & breakfast sausage"): ("BACON", "BREAKFAST SAUSAGE/SANDWICHES"),
            _("Sausages & hot dogs"): ("DINNER SAUSAGE", "HOT DOGS"),
            _("Lunch meat"): ("LUNCHMEAT", "MEAT - MISC", "MEAT-PCKGD/MISCELLANEOUS"),
            _("Ready to heat"): ("HEAT/SERVE",),
        },
    ),
    Department(
        "fish",
        _("Fish & seafood"),
        "fish",
        {
            _("Fresh fish"): ("SEAFOOD-FRESH", "SEAFOOD - MISC"),
            _("Frozen fish & shrimp"): ("SEAFOOD - FROZEN", "FROZEN - BOXED(GROCERY)"),
            _("Canned fish"): ("SEAFOOD - SHELF STABLE",),
        },
    ),
    Department(
        "dairy-eggs",
        _("Dairy & eggs"),
        "dairy",
        {
            _("Milk & cream"): ("FLUID MILK PRODUCTS", "CANNED MILK"),
            _("Cheese"): ("CHEESE",),
            _("Yogurt"): ("YOGURT",),
            _("Eggs"): ("EGGS",),
            _("Butter & margarine"): ("BUTTER", "MARGARINES"),
            _("Sour cream & cottage cheese"): ("MILK BY-PRODUCTS",),
            _("Chilled dough & desserts"): ("REFRGRATD DOUGH PRODUCTS", "MISC. DAIRY"),
        },
    ),
    Department(
        "bakery",
        _("Bakery"),
        "bakery",
        {
            _("Bread & buns"): ("BAKED BREAD/BUNS/ROLLS",),
            _("From our oven"): ("PASTRY/BREAD", "PASTRY/ROLLS"),
            _("Sweet rolls & donuts"): ("BREAKFAST SWEETS", "SWEET GOODS & SNACKS"),
            _("Cakes & pies"): ("CAKES", "PIES", "BAKERY PARTY TRAYS", "PASTRY/DELI SUPPLIES"),
            _("Cookies from the bakery"): ("PASTRY/COOKIES",),
            _("Snack cakes"): ("BAKED SWEET GOODS",),
        },
    ),
    Department(
        "deli",
        _("Deli & ready meals"),
        "deli",
        {
            _("Sliced meat"): ("DELI MEATS",),
            _("Cheese counter"): ("CHEESES",),
            _("Hot & cold chicken"): ("CHICKEN/POULTRY",),
            _("Salads & dips"): ("SALADS/DIPS",),
            _("Ready meals"): ("PREPARED FOOD", "SANDWICHES", "SUSHI", "DELI SPECIALTIES (RETAIL PK)"),
            _("Party trays & snacks"): ("PARTY TRAYS", "DELI/SNACKS"),
        },
    ),
    Department(
        "frozen",
        _("Frozen food"),
        "frozen",
        {
            _("Pizza & snacks"): ("FROZEN PIZZA",),
            _("Meals"): ("FRZN MEAT/MEAT DINNERS", "FROZEN MEAT", "FROZEN CHICKEN"),
            _("Vegetables & potatoes"): ("FRZN VEGETABLE/VEG DSH", "FRZN POTATOES"),
            _("Ice cream"): ("ICE CREAM/MILK/SHERBTS", "FRZN NOVELTIES/WTR ICE", "FRZN ICE"),
            _("Breakfast & bread"): ("FRZN BREAKFAST FOODS", "FROZEN BREAD/DOUGH"),
            _("Fruit, pies & desserts"): ("FRZN FRUITS", "FROZEN PIE/DESSERTS", "FRZN JCE CONC/DRNKS"),
        },
    ),
    Department(
        "cans-sauces",
        _("Cans, soups & sauces"),
        "cans",
        {
            _("Canned vegetables"): ("VEGETABLES - SHELF STABLE", "BEANS - CANNED GLASS & MW"),
            _("Canned fruit"): ("FRUIT - SHELF STABLE",),
            _("Soup"): ("SOUP",),
            _("Canned meals & meat"): ("MEAT - SHELF STABLE",),
            _("Pasta sauce"): ("PASTA SAUCE", "DRY SAUCES/GRAVY"),
            _("Ketchup, mustard & vinegar"): ("CONDIMENTS/SAUCES",),
            _("Salad dressing & mayonnaise"): ("SALD DRSNG/SNDWCH SPRD",),
            _("Pickles & olives"): ("PICKLE/RELISH/PKLD VEG", "OLIVES"),
            _("World foods"): ("HISPANIC",),
        },
    ),
    Department(
        "pasta-rice",
        _("Pasta, rice & beans"),
        "pasta",
        {
            _("Pasta"): ("DRY NOODLES/PASTA",),
            _("Rice, beans & potatoes"): ("DRY BN/VEG/POTATO/RICE",),
            _("Dinner kits"): ("DINNER MXS:DRY",),
        },
    ),
    Department(
        "breakfast",
        _("Breakfast & spreads"),
        "breakfast",
        {
            _("Cereal"): ("COLD CEREAL", "HOT CEREAL"),
            _("Bars & toaster pastries"): ("CONVENIENT BRKFST/WHLSM SNACKS",),
            _("Peanut butter, jam & honey"): ("PNT BTR/JELLY/JAMS",),
            _("Pancakes & syrup"): ("MOLASSES/SYRUP/PANCAKE MIXS",),
        },
    ),
    Department(
        "baking",
        _("Baking & spices"),
        "baking",
        {
            _("Baking mixes"): ("BAKING MIXES", "DRY MIX DESSERTS"),
            _("Flour & sugar"): ("FLOUR & MEALS", "SUGARS/SWEETNERS"),
            _("Baking needs"): ("BAKING NEEDS", "SYRUPS/TOPPINGS"),
            _("Oil"): ("SHORTENING/OIL",),
            _("Spices"): ("SPICES & EXTRACTS",),
        },
    ),
    Department(
        "snacks",
        _("Snacks & sweets"),
        "snacks",
        {
            _("Chips & pretzels"): ("BAG SNACKS", "WAREHOUSE SNACKS"),
            _("Crackers"): ("CRACKERS/MISC BKD FD",),
            _("Cookies"): ("COOKIES/CONES",),
            _("Nuts & popcorn"): ("SNACK NUTS", "NUTS", "POPCORN"),
            _("Candy & chocolate"): ("CANDY - CHECKLANE", "CANDY - PACKAGED"),
        },
    ),
    Department(
        "drinks",
        _("Soft drinks, juice & water"),
        "drinks",
        {
            _("Soft drinks"): ("SOFT DRINKS", "PWDR/CRYSTL DRNK MX", "NEW AGE"),
            _("Juice"): ("CANNED JUICES",),
            _("Chilled juice"): ("REFRGRATD JUICES/DRNKS",),
            _("Water"): ("WATER - CARBONATED/FLVRD DRINK",),
            _("Sport drinks"): ("ISOTONIC DRINKS",),
        },
    ),
    Department(
        "coffee-tea",
        _("Coffee & tea"),
        "coffee",
        {
            _("Coffee"): ("COFFEE", "COFFEE FILTERS"),
            _("Tea"): ("TEAS",),
            _("Cocoa"): ("COCOA MIXES",),
        },
    ),
    Department(
        "beer-wine",
        _("Beer & wine"),
        "wine",
        {
            _("Beer"): ("BEERS/ALES",),
            _("Wine"): ("DOMESTIC WINE", "IMPORTED WINE", "MISC WINE"),
            _("Mixers & spirits"): ("LIQUOR",),
        },
    ),
    Department(
        "household",
        _("Household & cleaning"),
        "household",
        {
            _("Laundry"): ("LAUNDRY DETERGENTS", "LAUNDRY ADDITIVES", "BLEACH"),
            _("Cleaning"): ("HOUSEHOLD CLEANG NEEDS", "BROOMS AND MOPS"),
            _("Dishwashing"): ("DISHWASH DETERGENTS",),
            _("Air care & candles"): ("AIR CARE", "CANDLES/ACCESSORIES", "INSECTICIDES"),
            _("Light bulbs & batteries"): ("BATTERIES", "ELECTRICAL SUPPPLIES"),
            _("Grill & outdoors"): ("CHARCOAL AND LIGHTER FLUID",),
            _("Tools & car"): ("HARDWARE SUPPLIES", "AUTOMOTIVE PRODUCTS"),
        },
    ),
    Department(
        "paper",
        _("Paper & kitchen"),
        "paper",
        {
            _("Toilet paper & tissues"): ("BATH TISSUES", "FACIAL TISS/DNR NAPKIN"),
            _("Paper towels"): ("PAPER TOWELS",),
            _("Bags, foil & wrap"): ("FD WRAPS/BAGS/TRSH BG", "DISPOSIBLE FOILWARE"),
            _("Plates & cups"): ("PAPER HOUSEWARES",),
            _("Kitchenware"): (
                "PLASTIC HOUSEWARES",
                "KITCHEN GADGETS",
                "COOKWARE & BAKEWARE",
                "HOME FREEZING & CANNING SUPPLY",
            ),
        },
    ),
    Department(
        "beauty",
        _("Beauty & care"),
        "beauty",
        {
            _("Hair"): ("HAIR CARE PRODUCTS", "HAIR CARE ACCESSORIES", "ETHNIC PERSONAL CARE"),
            _("Soap & skin"): ("SOAP - LIQUID & BAR", "HAND/BODY/FACIAL PRODUCTS", "BATH", "SUNTAN"),
            _("Teeth"): ("ORAL HYGIENE PRODUCTS",),
            _("Deodorant & shaving"): ("DEODORANTS", "SHAVING CARE PRODUCTS"),
            _("Feminine care"): ("FEMININE HYGIENE",),
            _("Make-up"): ("MAKEUP AND TREATMENT", "COSMETIC ACCESSORIES"),
        },
    ),
    Department(
        "health",
        _("Health"),
        "health",
        {
            _("Pain & cold"): ("ANALGESICS", "COLD AND FLU", "SINUS AND ALLERGY"),
            _("Vitamins & diet"): ("VITAMINS", "DIETARY AID PRODUCTS"),
            _("Stomach"): ("ANTACIDS", "LAXATIVES"),
            _("First aid"): (
                "FIRST AID PRODUCTS",
                "EYE AND EAR CARE PRODUCTS",
                "FOOT CARE PRODUCTS",
                "ADULT INCONTINENCE",
                "GLASSES/VISION AIDS",
            ),
        },
    ),
    Department(
        "natural",
        _("Natural & organic"),
        "natural",
        {
            _("Dried fruit & snacks"): (
                "DRIED FRUIT",
                "NUTRITION/CHIPS&SNACKS",
                "RICE CAKES",
                "SNKS/CKYS/CRKR/CNDY",
                "PACKAGED NATURAL SNACKS",
                "FITNESS&DIET",
            ),
            _("Soy milk & tofu"): ("NUTRITION/REFRIGERATED", "NON-DAIRY BEVERAGES"),
            _("Natural pantry"): (
                "NUTRITION/BAKING",
                "NUTRITION/BREAD",
                "CEREAL/BREAKFAST",
                "NUTRITION/CONDIMENTS",
                "NUTRITION/FROZEN",
            ),
            _("Natural drinks"): (
                "NUTRITION/JUICE",
                "NUTRITION/WATER",
                "DRY TEA/COFFEE/COCO MIX",
                "NUTRITION/BEVERAGE",
            ),
        },
    ),
    Department(
        "baby",
        _("Baby"),
        "baby",
        {
            _("Baby food"): ("BABY FOODS", "INFANT FORMULA"),
            _("Diapers & care"): ("DIAPERS & DISPOSABLES", "BABY HBC", "INFANT CARE PRODUCTS"),
        },
    ),
    Department(
        "pets",
        _("Pets"),
        "pets",
        {
            _("Dogs"): ("DOG FOODS",),
            _("Cats"): ("CAT FOOD", "CAT LITTER"),
            _("Pet care"): ("PET CARE SUPPLIES",),
        },
    ),
    Department(
        "flowers",
        _("Flowers & garden"),
        "flowers",
        {
            _("Cut flowers"): ("FLORAL-FRESH CUT", "ROSES"),
            _("Plants"): ("FLORAL-FLOWERING PLANTS", "FLORAL-FOLIAGE PLANTS", "GARDEN CENTER"),
            _("Balloons & gifts"): ("FLORAL BALLOONS", "FLORAL-ACCESSORIES"),
        },
    ),
    Department(
        "home-leisure",
        _("Home & leisure"),
        "leisure",
        {
            _("Magazines & books"): ("MAGAZINE", "BOOKSTORE"),
            _("Cards & party"): ("GREETING CARDS/WRAP/PARTY SPLY",),
            _("Toys & games"): ("TOYS AND GAMES",),
            _("School & office"): ("STATIONERY & SCHOOL SUPPLIES",),
            _("Seasonal"): ("CHRISTMAS  SEASONAL", "EASTER", "HALLOWEEN", "SPRING/SUMMER SEASONAL", "VALENTINE"),
        },
    ),
)

_PLACES = {
    key: (department.slug, shelf)
    for department in DEPARTMENTS
    for shelf, keys in department.shelves.items()
    for key in keys
}


def place_of(department: str, category: str) -> tuple[str, str] | None:
    """The shop's (department slug, category name) for a category of the sales data; None for what is not sold."""
    return _PLACES.get(f"{department}/{category}") or _PLACES.get(category)
