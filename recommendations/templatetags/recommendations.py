"""The tags of a shop's templates: `{% load recommendations %}`. None of them ever breaks a page.

{% related_items product %}, {% similar_items product %}, {% viewed_together product %}, {% substitutes product %},
{% cart_suggestions cart %}, {% recommended_for_you %}, {% buy_again %}, {% new_for_you %}, {% because_you_viewed %},
{% recently_viewed %}, {% trending %}, {% best_sellers %}, {% limited_offers %} and {% new_arrivals %} take `limit=`,
`placement=`, `exclude=` (what a cart holds, say), `category=`, `diversity=` and `as name`.
No product stands twice on one page: a tag leaves out what tags before it show, unless `distinct=False` is given.
With `lazy=True` a tag prints a place that the script fills, so that the page can be cached for everybody.
{% basketry_assets %}, once a page, links the style and the script that reports what was seen and clicked.
In an asynchronous view Django allows no query, and they show nothing: render with `sync_to_async(render)(...)`.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings as django_settings
from django.middleware.csrf import get_token
from django.template import Context, Library, Node, TemplateSyntaxError
from django.template.base import FilterExpression, Parser, Token, token_kwargs
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.safestring import SafeString

from recommendations.catalogue import Context as CatalogueContext
from recommendations.catalogue import get_catalogue
from recommendations.exceptions import InvalidInput
from recommendations.models import Strategy, database
from recommendations.services import serve
from recommendations.services.asking import USUAL
from recommendations.services.identify import shopper_key
from recommendations.templatetags.products import product_key
from recommendations.templatetags.shelves import Shelf, guarded

register = Library()

OPTIONS = ("limit", "placement", "exclude", "category", "diversity", "distinct", "lazy")

ON_PAGE = "_basketry_on_page"
"""What a request's lists show already, as an attribute of the request: keys of items."""

Products = Callable[[Any], list[str]]


class ShelfNode(Node):
    """A tag that asks for a list. A simple tag would print an object as such where autoescaping is off."""

    def __init__(
        self,
        strategy: Strategy,
        products: Products,
        subject: FilterExpression | None,
        options: dict[str, FilterExpression],
        name: str | None,
        where: str,
    ) -> None:
        self.where = where
        self.strategy = strategy
        self.products = products
        self.subject = subject
        self.options = options
        self.name = name

    def render(self, context: Context) -> SafeString:
        nothing: Shelf | SafeString = Shelf(None, context, CatalogueContext())
        made = guarded(lambda: self._made(context), nothing)
        if self.name is None:
            return made.__html__()
        context[self.name] = made
        return SafeString("")

    def _made(self, context: Context) -> Shelf | SafeString:
        """The list, or the place of one that is to be filled later."""
        with database.savepoints():
            given = {name: option.resolve(context) for name, option in self.options.items()}
            distinct, lazy = bool(given.pop("distinct", True)), bool(given.pop("lazy", False))
            products = [] if self.subject is None else self.products(self._resolved(self.subject, context))
            given["exclude"] = _excluded(given.get("exclude"))
            request = serve.Request(self.strategy, products, **given)
            if lazy:
                return _placeholder(request, distinct=distinct)
            asked_for, page = _asked_for(context), _on_page(context)
            answers = serve.batch(
                [request],
                context=asked_for,
                now=timezone.now(),
                shopper=_shopper(context),
                on_page=page if distinct else (),
            )
            page.update(suggestion.facts.key for suggestion in answers[0].items)
            return Shelf(answers[0], context, asked_for)

    def _resolved(self, subject: FilterExpression, context: Context) -> Any:
        """A variable that the template does not have is a mistake: an empty cart, best sellers, would hide it."""
        value = subject.resolve(context, ignore_failures=True)
        if value is None:
            raise InvalidInput(str(subject), "the template has no such variable, or it is None")
        return value


@register.tag
def related_items(parser: Parser, token: Token) -> ShelfNode:
    """{% related_items product %}: what is bought together with a product (a host's object, or its key)."""
    return _node(parser, token, Strategy.RELATED, _one_product, subject="a product")


@register.tag
def similar_items(parser: Parser, token: Token) -> ShelfNode:
    """{% similar_items product %}: what is like a product (a host's object, or its key)."""
    return _node(parser, token, Strategy.SIMILAR, _one_product, subject="a product")


@register.tag
def cart_suggestions(parser: Parser, token: Token) -> ShelfNode:
    """{% cart_suggestions cart %}: what completes a cart (any iterable of products, keys, or lines with a product)."""
    return _node(parser, token, Strategy.CART, _keys, subject="a cart")


@register.tag
def recommended_for_you(parser: Parser, token: Token) -> ShelfNode:
    """{% recommended_for_you %}: what suits the asking shopper."""
    return _node(parser, token, Strategy.FOR_YOU)


@register.tag
def buy_again(parser: Parser, token: Token) -> ShelfNode:
    """{% buy_again %}: what the asking shopper bought before and may want again."""
    return _node(parser, token, Strategy.BUY_AGAIN)


@register.tag
def new_for_you(parser: Parser, token: Token) -> ShelfNode:
    """{% new_for_you %}: what suits the asking shopper of all that they never bought."""
    return _node(parser, token, Strategy.NEW_FOR_YOU)


@register.tag
def because_you_viewed(parser: Parser, token: Token) -> ShelfNode:
    """{% because_you_viewed %}: what goes with what the asking shopper viewed lately."""
    return _node(parser, token, Strategy.BECAUSE_VIEWED)


@register.tag
def viewed_together(parser: Parser, token: Token) -> ShelfNode:
    """{% viewed_together product %}: what shoppers who look at a product look at as well (an object, or its key)."""
    return _node(parser, token, Strategy.VIEWED_TOGETHER, _one_product, subject="a product")


@register.tag
def substitutes(parser: Parser, token: Token) -> ShelfNode:
    """{% substitutes product %}: what is bought instead of a product (a host's object, or its key)."""
    return _node(parser, token, Strategy.SUBSTITUTES, _one_product, subject="a product")


@register.tag
def trending(parser: Parser, token: Token) -> ShelfNode:
    """{% trending category="tea" %}: what sells more this week than usual, in a category or in the whole shop."""
    return _node(parser, token, Strategy.TRENDING)


@register.tag
def best_sellers(parser: Parser, token: Token) -> ShelfNode:
    """{% best_sellers category="tea" %}: what sold best in the last weeks, in a category or in the whole shop."""
    return _node(parser, token, Strategy.BEST_SELLERS)


@register.tag
def limited_offers(parser: Parser, token: Token) -> ShelfNode:
    """{% limited_offers category="tea" %}: what has an offer that runs now, in a category or in the whole shop."""
    return _node(parser, token, Strategy.OFFERS)


@register.tag
def recently_viewed(parser: Parser, token: Token) -> ShelfNode:
    """{% recently_viewed %}: what the asking shopper looked at, the latest first."""
    return _node(parser, token, Strategy.RECENTLY_VIEWED)


@register.tag
def new_arrivals(parser: Parser, token: Token) -> ShelfNode:
    """{% new_arrivals category="tea" %}: what is new, in a category or in the whole shop."""
    return _node(parser, token, Strategy.NEW_ARRIVALS)


@register.simple_tag(takes_context=True)
def basketry_assets(context: Context) -> SafeString:
    """{% basketry_assets %}: the style and the script, and the CSRF cookie that the script's reports need."""
    return guarded(lambda: _assets(context.get("request")), SafeString(""), where="{% basketry_assets %}")


def _node(
    parser: Parser,
    token: Token,
    strategy: Strategy,
    products: Products = list,
    *,
    subject: str | None = None,
) -> ShelfNode:
    tag, *bits = token.split_contents()
    name = None
    if bits[-2:-1] == ["as"]:
        *bits, _, name = bits
    first = None
    if subject is not None:
        if not bits:
            raise TemplateSyntaxError(f"{tag} needs {subject}")
        first = parser.compile_filter(bits.pop(0))
    given = token_kwargs(bits, parser)
    unknown = [*bits, *(option for option in given if option not in OPTIONS)]
    if unknown:
        raise TemplateSyntaxError(f"{tag} takes {', '.join(f'{option}=' for option in OPTIONS)}, not {unknown[0]!r}")
    if name is not None and "lazy" in given:
        raise TemplateSyntaxError(f"{tag} with lazy= prints a place to be filled later, and takes no `as {name}`")
    where = f"{{% {token.contents} %}} in {parser.origin}"
    return ShelfNode(strategy, products, first, given, name, where=where)


def _one_product(product: Any) -> list[str]:
    return [product_key(product)]


def _keys(entries: Any) -> list[str]:
    return [product_key(entry) for entry in entries]


def _excluded(entries: Any) -> list[str]:
    """One product, or any number of them in whatever a cart may be."""
    if isinstance(entries, str):
        return [entries] if entries else []
    return _keys(entries or ())


def _placeholder(request: serve.Request, *, distinct: bool) -> SafeString:
    """A place that the script fills with the list; without scripts it stays empty."""
    named = {"strategy": str(request.strategy), "products": list(request.products), "exclude": list(request.exclude)}
    single = {"category": request.category, "diversity": request.diversity, "limit": request.limit}
    query = urlencode({**named, **{name: value for name, value in single.items() if value is not None}}, doseq=True)
    placement = request.placement or USUAL[Strategy(request.strategy)]
    return format_html(
        '<div class="basketry-lazy" data-basketry-fragment="{}?{}" data-basketry-distinct="{}"></div>',
        reverse("recommendations:fragment", args=[placement]),
        query,
        "true" if distinct else "false",
    )


def _on_page(context: Context) -> set[str]:
    """Keys of the items that the request's page shows already; a fragment from a cache shows what nobody knows of."""
    request = context.get("request")
    if request is None:
        return set()
    page: set[str] = request.__dict__.setdefault(ON_PAGE, set())
    return page


def _asked_for(context: Context) -> CatalogueContext:
    request = context.get("request")
    if request is None:
        return CatalogueContext(language=translation.get_language() or "")
    return get_catalogue().context(request)


def _shopper(context: Context) -> str | None:
    request = context.get("request")
    return None if request is None else shopper_key(request)


def _assets(request: Any) -> SafeString:
    token = get_token(request) if request is not None else ""
    readable = not (django_settings.CSRF_USE_SESSIONS or django_settings.CSRF_COOKIE_HTTPONLY)
    return format_html(
        '<link rel="stylesheet" href="{}">\n'
        '<script src="{}" defer data-endpoint="{}" data-csrf-cookie="{}" data-csrf-token="{}"></script>',
        static("recommendations/basketry.css"),
        static("recommendations/basketry.js"),
        reverse("recommendations:events"),
        django_settings.CSRF_COOKIE_NAME,
        # A cookie that scripts cannot read is no help to ours.
        "" if readable else token,
    )
