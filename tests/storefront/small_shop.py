"""A small shop with everything that its pages can show: sizes, offers, what is sold out, orders, an account, lists."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from random import Random

from django.contrib.auth.models import User
from django.utils import timezone

from recommendations.data.orders import PlacedLine, PlacedOrder
from recommendations.services import arrivals, record
from recommendations.services.fold import fold_all
from recommendations.services.item_statistics import publish_statistics
from shop.checkout import as_placed
from shop.models import Category, Product
from tests.services.artefacts import publish_network, publish_sessions
from tests.shop.stock import make_family, make_offer, make_product, make_shop_order

PASSWORD = "secret words here"
ORDERS = 400
SHOPPERS = 60
HOSTILE = "</script><img src=x onerror=\"document.title='broken'\">"

DEPARTMENTS = {
    "dairy": ("Dairy & eggs", "dairy"),
    "breakfast": ("Breakfast & spreads", "breakfast"),
    "coffee-tea": ("Coffee & tea", "coffee"),
    "pasta": ("Pasta, rice & beans", "pasta"),
    "produce": ("Fruit & vegetables", "produce"),
    "bakery": ("Bakery", "bakery"),
}
SHELVES = {"herbs": ("Herbs", "produce"), "vegetables": ("Vegetables", "produce")}
"""Categories with their departments."""

GOODS = {
    "milk": ("Whole milk", "dairy", "Oakfield", "1.29"),
    "butter": ("Salted butter", "dairy", "Oakfield", "2.79"),
    "yoghurt": ("Plain yoghurt", "dairy", "Northby", "1.95"),
    "eggs": ("Free-range eggs, 6 pieces", "dairy", "", "2.49"),
    "parmesan": ("Parmesan, aged 24 months", "dairy", "Cascina", "5.90"),
    "oats": ("Rolled oats", "breakfast", "Northby", "1.79"),
    "muesli": ("Muesli with nuts", "breakfast", "Northby", "3.49"),
    "honey": ("Blossom honey", "breakfast", "", "4.20"),
    "jam": ("Strawberry jam", "breakfast", "Oakfield", "2.60"),
    "espresso": ("Espresso beans", "coffee-tea", "Portside", "8.50"),
    "filters": ("Coffee filters, 80 pieces", "coffee-tea", "Portside", "1.99"),
    "black-tea": ("Black tea, 50 bags", "coffee-tea", "Lanehill", "3.10"),
    "green-tea": ("Green tea, loose", "coffee-tea", "Lanehill", "4.75"),
    "cocoa": ("Cocoa powder", "coffee-tea", "", "3.30"),
    "spaghetti": ("Spaghetti", "pasta", "Cascina", "1.15"),
    "penne": ("Penne rigate", "pasta", "Cascina", "1.15"),
    "passata": ("Tomato passata", "pasta", "Cascina", "1.40"),
    "pesto": ("Basil pesto", "pasta", "Cascina", "3.20"),
    "rice": ("Jasmine rice", "pasta", "", "2.10"),
    "tomatoes": ("Vine tomatoes", "vegetables", "", "2.30"),
    "basil": ("Basil in a pot", "herbs", "", "1.60"),
    "bananas": ("Bananas", "produce", "", "1.55"),
    "apples": ("Apples, 1 kg", "produce", "", "2.20"),
    "lemons": ("Lemons, 4 pieces", "produce", "", "1.80"),
    "rye-bread": ("Rye bread", "bakery", "Old Mill", "2.95"),
    "rolls": ("Bread rolls, 6 pieces", "bakery", "Old Mill", "2.10"),
    "croissants": ("Butter croissants", "bakery", "Old Mill", "3.40"),
}
"""Title, category, brand and price by SKU."""

TASTES = (
    ("spaghetti", "passata", "parmesan", "basil", "tomatoes", "pesto"),
    ("oats", "milk", "bananas", "honey", "yoghurt"),
    ("espresso", "filters", "milk", "croissants"),
    ("black-tea", "lemons", "honey", "rye-bread", "butter"),
    ("rolls", "jam", "butter", "eggs", "muesli"),
    ("rice", "penne", "green-tea", "apples", "cocoa"),
)
"""What is bought together."""

FOLLOWED = {
    "spaghetti": {"pesto": 0.9, "penne": 0.6, "passata": 0.4},
    "espresso": {"filters": 0.9, "cocoa": 0.5},
    "green-tea": {"black-tea": 0.9, "honey": 0.5, "lemons": 0.4},
}
"""What is viewed after a view, and how surely."""


@dataclass(frozen=True, slots=True)
class SmallShop:
    """Where it is, and its products by SKU."""

    url: str
    products: Mapping[str, Product]

    def page_of(self, sku: str) -> str:
        return self.url + self.products[sku].get_absolute_url()


def open_account(products: Mapping[str, Product], username: str) -> None:
    """An account that bought some of these products, milk each time."""
    user = User.objects.create_user(username, f"{username}@example.com", PASSWORD, first_name="Ann")
    now = timezone.now()
    for days, skus in ((60, ("milk", "oats")), (40, ("milk", "spaghetti", "passata")), (15, ("milk", "oats"))):
        order = make_shop_order(*(products[sku] for sku in skus), user=user, at=now - timedelta(days=days))
        record.order(as_placed(order, list(order.lines.select_related("product"))))


def stock() -> Mapping[str, Product]:
    """Fill the empty database, count and learn."""
    rng = Random(7)  # noqa: S311
    products = _products()
    _sell(rng)
    fold_all(now=timezone.now())
    arrivals.refresh(now=timezone.now())
    publish_statistics(progress=lambda *_: None, now=timezone.now())
    publish_network(likes={sku: len(GOODS) - place for place, sku in enumerate(GOODS)})
    publish_sessions(FOLLOWED, popular="")
    return products


def _products() -> Mapping[str, Product]:
    categories = _categories()
    now = timezone.now()
    made = {}
    for place, (sku, (title, category, brand, price)) in enumerate(GOODS.items()):
        made[sku] = make_product(
            sku,
            title=title,
            category=categories[category],
            brand=brand,
            price=Decimal(price),
            description=f"{title}. Packed with care and delivered to your door.",
            stock=50,
            sold=100 - place,
            launched_at=now - timedelta(days=400 - 12 * place),
        )
    make_offer(made["green-tea"], "3.90", starts_at=now, ends_at=now + timedelta(days=3))
    Product.objects.filter(sku="cocoa").update(stock=0)
    juice, _ = make_family("juice", "1 l", "2 l", title="Apple juice", category=categories["produce"], launched_at=now)
    hostile = make_product("hostile", title=HOSTILE, category=categories["bakery"])
    return {**{one.sku: one for one in Product.objects.filter(sku__in=made)}, "juice": juice, "hostile": hostile}


def _categories() -> Mapping[str, Category]:
    made = {
        slug: Category.objects.create(slug=slug, name=name, picture=picture, position=position)
        for position, (slug, (name, picture)) in enumerate(DEPARTMENTS.items())
    }
    for slug, (name, parent) in SHELVES.items():
        made[slug] = Category.objects.create(slug=slug, name=name, picture=parent, parent=made[parent])
    return made


def _sell(rng: Random) -> None:
    """Orders of the last year by what is bought together, with something by chance in most of them."""
    now, orders = timezone.now(), []
    for number in range(ORDERS):
        taste = rng.choice(TASTES)
        basket = dict.fromkeys([*rng.sample(taste, rng.randint(2, 4)), *rng.sample(list(GOODS), rng.randint(0, 2))])
        orders.append(
            PlacedOrder(
                key=f"seed-{number}",
                lines=tuple(PlacedLine(sku, 1, Decimal(GOODS[sku][3])) for sku in basket),
                placed_at=now - timedelta(hours=rng.randint(30, 24 * 300)),
                currency="USD",
                shopper=f"user:{1000 + rng.randrange(SHOPPERS)}",
                channel="web",
            )
        )
    record.orders(orders)
