"""What the shop sells: categories, products with their variants, and offers."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Exists, F, IntegerField, Min, OuterRef, Prefetch, Q, Subquery
from django.db.models.functions import Coalesce
from django.templatetags.static import static
from django.urls import get_script_prefix, reverse
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

CURRENCY = "USD"
"""What a product costs its price in unless it says otherwise."""

CENT = Decimal("0.01")
FREE = MinValueValidator(Decimal(0))


def picture_url(picture: str) -> str:
    return _picture_url(picture, get_script_prefix())


@lru_cache(maxsize=1_000)
def _picture_url(picture: str, _prefix: str) -> str:
    """Kept: a list asks for a dozen, and to ask takes as long as to read a product's row."""
    return static(f"shop/pictures/{picture}.svg")


def slug_of(title: str) -> str:
    return slugify(title, allow_unicode=True) or "product"


def product_url(page: int, title: str, *, variant: int | None = None) -> str:
    """The page of this product, with a variant of it chosen."""
    url = _page_url(page, slug_of(title), get_script_prefix())
    return f"{url}?variant={variant}" if variant else url


@lru_cache(maxsize=4_000)
def _page_url(page: int, slug: str, _prefix: str) -> str:
    return reverse("shop:product", args=[page, slug])


class Category(models.Model):
    """A department, or a category within one; `picture` names a drawing in static/shop/pictures."""

    slug = models.SlugField(_("slug"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=100)
    parent = models.ForeignKey(
        "self",
        verbose_name=_("department"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="children",
    )
    picture = models.SlugField(_("picture"), max_length=40, default="basket")
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["position", "name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")), name="shop_category_not_its_own_parent"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("shop:category", args=[self.slug])

    @property
    def label(self) -> str:
        """The name in the visitor's language, where there is a translation."""
        return gettext(self.name)

    @property
    def picture_url(self) -> str:
        return picture_url(self.picture)


class ProductQuerySet(models.QuerySet["Product"]):
    def listed(self) -> "ProductQuerySet":
        """What stands on a shelf of its own: visible, no variant, no filler; of a family some variant is visible."""
        variants = Product.objects.filter(parent=OuterRef("pk"))
        return self.filter(visible=True, parent__isnull=True, is_filler=False).filter(
            ~Exists(variants) | Exists(variants.filter(visible=True))
        )

    def buyable(self) -> "ProductQuerySet":
        """What can go into a cart: visible, and not the parent of variants."""
        variants = Product.objects.filter(parent=OuterRef("pk"))
        shown = Q(parent__isnull=True) | Q(parent__visible=True)
        return self.filter(~Exists(variants), shown, visible=True, is_filler=False)

    def on_offer(self, now: datetime) -> "ProductQuerySet":
        """What can be bought at an offer's price, what ends first first."""
        running = Offer.objects.running(now)
        there = self.buyable().filter(pk__in=running.values("product"), stock__gt=0)
        return there.priced(now).order_by("offer_ends_at", "pk")  # type: ignore[misc] # annotated

    def within(self, categories: Iterable[int]) -> "ProductQuerySet":
        return self.filter(category_id__in=list(categories))

    def matching(self, words: Iterable[str]) -> "ProductQuerySet":
        """Products whose title, brand or one of whose variants' titles has each of these words."""
        found = self
        for word in words:
            variants = Product.objects.filter(parent=OuterRef("pk"), visible=True, title__icontains=word)
            found = found.filter(Q(title__icontains=word) | Q(brand__icontains=word) | Exists(variants))
        return found

    def with_shelf_price(self) -> "ProductQuerySet":
        """Adds `shelf_price`: the product's price, for a family that of its cheapest variant."""
        cheapest = Min("variants__price", filter=Q(variants__visible=True))
        return self.annotate(shelf_price=Coalesce(cheapest, F("price")))

    def priced(self, now: datetime) -> "ProductQuerySet":
        """With the offer that runs at this moment, without a further query; prices can be told of such products alone.

        `offer_id`, `offer_price` and `offer_ends_at` are None without one, `offer_left` without a limit too.
        """
        offers = Offer.objects.running(now)
        lowest = offers.filter(product=OuterRef("pk")).order_by("price", "-ends_at", "pk")
        left = F("stock_limit") - F("sold")
        return self.annotate(  # type: ignore[no-redef] # the class says what these are
            offer_id=Subquery(lowest.values("pk")[:1]),
            offer_price=Subquery(lowest.values("price")[:1]),
            offer_ends_at=Subquery(lowest.values("ends_at")[:1]),
            offer_left=Subquery(lowest.annotate(left=left).values("left")[:1], output_field=IntegerField()),
        )

    def for_tiles(self, now: datetime) -> "ProductQuerySet":
        """With all that a tile shows at this moment, in one further query however many there are."""
        variants = Product.objects.priced(now).order_by("position", "pk")
        return (
            self.priced(now)
            .select_related("category__parent", "parent")
            .prefetch_related(Prefetch("variants", queryset=variants))
        )


class Product(models.Model):
    """A product, a variant of one (`parent` is set), or the parent of a family, which itself cannot be bought.

    `sold` is pieces sold so far, for a parent those of its variants: what "best sellers" sorts by. The offer of a
    product that was read `priced` is known for that moment.
    """

    offer_id: int | None
    offer_price: Decimal | None
    offer_ends_at: datetime | None
    offer_left: int | None

    sku = models.CharField(_("product key"), max_length=200, unique=True)
    parent = models.ForeignKey(
        "self",
        verbose_name=_("variant of"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="variants",
    )
    title = models.CharField(_("title"), max_length=200)
    variant = models.CharField(_("variant"), max_length=60, blank=True, help_text=_("what tells it from its siblings"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    category = models.ForeignKey(
        Category, verbose_name=_("category"), on_delete=models.PROTECT, related_name="products"
    )
    brand = models.CharField(_("brand"), max_length=80, blank=True)
    description = models.TextField(_("description"), blank=True)
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=2, validators=[FREE])
    currency = models.CharField(_("currency"), max_length=3, default=CURRENCY)
    stock = models.PositiveIntegerField(_("stock"), default=0)
    sold = models.PositiveBigIntegerField(_("sold"), default=0, editable=False)
    visible = models.BooleanField(_("visible"), default=True)
    is_filler = models.BooleanField(_("no product"), default=False, help_text=_("postage, gifts, basket fillers"))
    launched_at = models.DateTimeField(_("launched"))

    objects = ProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        constraints = [
            models.CheckConstraint(condition=~Q(sku=""), name="shop_product_sku"),
            models.CheckConstraint(condition=Q(price__gte=0), name="shop_product_price"),
            models.CheckConstraint(condition=Q(stock__gte=0), name="shop_product_stock"),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")), name="shop_product_not_its_own_parent"
            ),
        ]
        indexes = [
            models.Index(fields=["category", "-sold"], name="shop_product_category_sold"),
            models.Index(fields=["-sold"], name="shop_product_sold"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The page that sells it; a variant's is its parent's with the variant chosen."""
        page = self.parent if self.parent is not None else self
        return product_url(page.pk, page.title, variant=self.pk if self.parent_id else None)

    @property
    def slug(self) -> str:
        return slug_of(self.title)

    @property
    def item_key(self) -> str:
        """The key that the shop's statistics count it under: its parent's, else its own."""
        return self.parent.sku if self.parent is not None else self.sku

    @property
    def is_sold(self) -> bool:
        """Whether the shop still sells it, whatever the stock."""
        return self.visible and not self.is_filler and (self.parent is None or self.parent.visible)

    def to_buy(self) -> "Product | None":
        """What one buys of it: itself, of a family the best-selling visible variant, in stock if any is.

        None where a family has no visible variant.
        """
        variants = list(self.variants.all())
        if not variants:
            return self
        visible = [variant for variant in variants if variant.visible]
        return max(visible, key=lambda variant: (variant.stock > 0, variant.sold, -variant.position), default=None)

    def has_offer(self, now: datetime, pieces: int = 1) -> bool:
        """Whether so many pieces are sold at the offer's price: all of them or none."""
        runs = self.offer_ends_at is not None and now < self.offer_ends_at
        return runs and (self.offer_left is None or pieces <= self.offer_left)

    def price_at(self, now: datetime, pieces: int = 1) -> Decimal:
        """What one piece costs at this moment where one buys so many."""
        if self.offer_price is None or not self.has_offer(now, pieces):
            return self.price
        # SQLite gives a subquery's decimals with fifteen digits.
        return self.offer_price.quantize(CENT)


class OfferQuerySet(models.QuerySet["Offer"]):
    def running(self, now: datetime) -> "OfferQuerySet":
        """What has begun, has not ended and has pieces left."""
        left = Q(stock_limit__isnull=True) | Q(sold__lt=F("stock_limit"))
        return self.filter(left, starts_at__lte=now, ends_at__gt=now)


class Offer(models.Model):
    """A product's price from `starts_at` until `ends_at`, exclusive, or until `stock_limit` pieces are sold at it.

    Of several that run at once the lowest price holds. Cancelled pieces stay counted as `sold`: what is gone is gone.
    """

    product = models.ForeignKey(Product, verbose_name=_("product"), on_delete=models.CASCADE, related_name="offers")
    price = models.DecimalField(_("offer price"), max_digits=12, decimal_places=2, validators=[FREE])
    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("ends at"))
    stock_limit = models.PositiveIntegerField(
        _("pieces at this price"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("empty: as many as there are"),
    )
    sold = models.PositiveIntegerField(_("sold"), default=0, editable=False)

    objects = OfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        constraints = [
            models.CheckConstraint(condition=Q(price__gte=0), name="shop_offer_price"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="shop_offer_period"),
            models.CheckConstraint(
                condition=Q(stock_limit__isnull=True) | Q(stock_limit__gte=1, sold__lte=F("stock_limit")),
                name="shop_offer_stock_limit",
            ),
        ]
        indexes = [models.Index(fields=["ends_at"], name="shop_offer_end")]

    def __str__(self) -> str:
        return f"{self.product_id}: {self.price}"
