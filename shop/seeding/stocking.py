"""The shop's categories and products made from the goods of the sales data."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

import numpy as np
import numpy.typing as npt
from django.utils.text import slugify

from shop.models import Category, Offer, Product
from shop.seeding.departments import DEPARTMENTS
from shop.seeding.names import full_title
from shop.seeding.sales import Good, Sales

BATCH = 1_000
MOST_SIZES = 4
"""A brand's product in up to so many sizes stands on the shelf as one, with a choice of sizes."""

CENT = Decimal("0.01")
LOWEST_PRICE = 10
OFFERS = 48
OFFERS_AMONG = 900
LONGEST_OFFER_DAYS = 21
HURRIED = 8
"""So many offers end within a day, or have a limit of pieces."""

BEST_SELLERS = 200
"""So many products are never sold out from the start."""
PLENTY = 60
SOLD_OUT = 0.012
NEARLY_SOLD_OUT = 0.03


@dataclass(frozen=True, slots=True)
class Shelves:
    """`product_ids` is the id of each good's product, `titles` its title, in the order of `Sales.goods`."""

    product_ids: tuple[int, ...]
    titles: tuple[str, ...]
    families: int


def stock_shelves(sales: Sales, *, launched: Sequence[datetime], now: datetime, rng: Random) -> Shelves:
    """Create categories and products; `launched` says for each good since when it is sold."""
    categories = _categories(sales.goods)
    prices = _prices(sales)
    sold = np.bincount(sales.good, weights=sales.quantity, minlength=len(sales.goods)).astype(np.int64)
    best_seller = np.sort(sold)[::-1][: BEST_SELLERS + 1].min()
    families = _families(sales.goods)
    parents = _parents(sales.goods, families, categories, launched, prices, sold)
    products = []
    for number, good in enumerate(sales.goods):
        parent = parents.get(_family_key(good))
        products.append(
            Product(
                sku=good.sku,
                parent=parent,
                title=full_title(good.brand, good.name, good.size),
                variant=good.size if parent else "",
                position=families[_family_key(good)].index(number) if parent else 0,
                category=categories[good.department, good.shelf],
                brand=good.brand,
                description="" if parent else _description(good),
                price=prices[number],
                stock=_pieces(rng) or (PLENTY if sold[number] >= best_seller else 0),
                sold=int(sold[number]),
                launched_at=launched[number],
            )
        )
    offers = _offers(products, now, rng)
    Product.objects.bulk_create(products, batch_size=BATCH)
    Offer.objects.bulk_create(offers)
    return Shelves(tuple(one.pk for one in products), tuple(one.title for one in products), len(parents))


def _categories(goods: Sequence[Good]) -> Mapping[tuple[str, str], Category]:
    """Departments and the categories within them, those alone that have goods."""
    used = {(good.department, good.shelf) for good in goods}
    categories: dict[tuple[str, str], Category] = {}
    for position, department in enumerate(DEPARTMENTS):
        shelves = [shelf for shelf in department.shelves if (department.slug, shelf) in used]
        if not shelves:
            continue
        top = Category.objects.create(
            slug=department.slug, name=department.name, picture=department.picture, position=position
        )
        made = Category.objects.bulk_create(
            Category(
                slug=f"{department.slug}-{slugify(shelf)}",
                name=shelf,
                parent=top,
                picture=department.picture,
                position=place,
            )
            for place, shelf in enumerate(shelves)
        )
        categories.update({(department.slug, one.name): one for one in made})
    return categories


def _family_key(good: Good) -> tuple[str, str, str, str]:
    return (good.department, good.shelf, good.name, good.brand)


def _families(goods: Sequence[Good]) -> Mapping[tuple[str, str, str, str], list[int]]:
    """The goods of each brand's product that come in two to MOST_SIZES sizes, the small sizes first."""
    families = defaultdict(list)
    for number, good in enumerate(goods):
        if good.brand:
            families[_family_key(good)].append(number)
    return {
        key: sorted(numbers, key=lambda number: (_amount(goods[number].size), number))
        for key, numbers in families.items()
        if 2 <= len(numbers) <= MOST_SIZES and all(goods[number].size for number in numbers)
    }


def _amount(size: str) -> float:
    number = size.split(" ")[0]
    return float(number) if number.replace(".", "", 1).isdigit() else 0.0


def _parents(
    goods: Sequence[Good],
    families: Mapping[tuple[str, str, str, str], list[int]],
    categories: Mapping[tuple[str, str], Category],
    launched: Sequence[datetime],
    prices: Sequence[Decimal],
    sold: npt.NDArray[np.int64],
) -> Mapping[tuple[str, str, str, str], Product]:
    parents = {}
    for key, numbers in families.items():
        good = goods[numbers[0]]
        parents[key] = Product(
            sku=f"family-{good.sku}",
            title=full_title(good.brand, good.name, ""),
            category=categories[good.department, good.shelf],
            brand=good.brand,
            description=_description(good),
            price=min(prices[number] for number in numbers),
            sold=int(sum(sold[number] for number in numbers)),
            launched_at=min(launched[number] for number in numbers),
        )
    Product.objects.bulk_create(parents.values(), batch_size=BATCH)
    return parents


def _prices(sales: Sales) -> list[Decimal]:
    """The median of what one piece of each good cost."""
    order = np.argsort(sales.good, kind="stable")
    starts = np.searchsorted(sales.good[order], np.arange(1, len(sales.goods)))
    medians = [int(np.median(cents)) for cents in np.split(sales.cents[order], starts)]
    return [max(median, LOWEST_PRICE) * CENT for median in medians]


def _pieces(rng: Random) -> int:
    chance = rng.random()
    if chance < SOLD_OUT:
        return 0
    return rng.randint(1, 5) if chance < NEARLY_SOLD_OUT else rng.randint(24, 240)


def _offers(products: Sequence[Product], now: datetime, rng: Random) -> list[Offer]:
    """Ten to thirty percent off some of what sells best, for some hours or days, some while stocks last."""
    candidates = sorted(products, key=lambda product: -product.sold)[:OFFERS_AMONG]
    offers = []
    for number, product in enumerate(rng.sample(candidates, min(OFFERS, len(candidates)))):
        percent = rng.choice((10, 15, 20, 25, 30))
        days = 0 if number < HURRIED else rng.randint(2, LONGEST_OFFER_DAYS)
        offers.append(
            Offer(
                product=product,
                price=(product.price * (100 - percent) / 100).quantize(CENT),
                starts_at=now - timedelta(hours=1),
                ends_at=now + timedelta(days=days, minutes=rng.randint(240, 1_200)),
                stock_limit=rng.randint(10, 30) if number % HURRIED == 0 else None,
            )
        )
        product.stock = max(product.stock, 40)
    return offers


def _description(good: Good) -> str:
    origin = f" by {good.brand}" if good.brand else ""
    return f"{good.name}{origin}, from our {good.shelf.lower()} shelf. Packed with care and delivered to your door."
