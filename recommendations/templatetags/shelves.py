"""A list as templates use it: iterate over its cards, or print it and get the whole block."""

import logging
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.template import Context
from django.utils.safestring import SafeString

from recommendations.catalogue import Context as CatalogueContext
from recommendations.catalogue import get_catalogue
from recommendations.exceptions import InvalidInput, UnknownProduct
from recommendations.models import database
from recommendations.services.serve import Recommendation, Suggestion

logger = logging.getLogger(__name__)

PARAMETER = "basketry"
BLOCK = "recommendations/block.html"

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Card(Suggestion):
    """A suggestion with `link`, its address that tells a click on it, and the host's own `object` (None: none)."""

    link: str
    shelf: "Shelf" = field(repr=False)

    @property
    def object(self) -> Any:
        return self.shelf.objects.get(self.facts.key)


class Shelf:
    """One list in one template: iterable, printable, false where it is empty.

    Parameters
    ----------
    answer : the list; None where there is nothing to show.
    template : the context of the template that shows it.
    asked_for : the context in which the shop was asked for facts.
    """

    def __init__(self, answer: Recommendation | None, template: Context, asked_for: CatalogueContext) -> None:
        self.answer = answer
        self.cards = tuple(self._cards(answer)) if answer else ()
        self._template = template
        self._asked_for = asked_for

    def __iter__(self) -> Iterator[Card]:
        return iter(self.cards)

    def __len__(self) -> int:
        return len(self.cards)

    def __html__(self) -> SafeString:
        """The whole block; nothing where the list is empty."""
        return guarded(self._render, SafeString("")) if self.cards else SafeString("")

    def __str__(self) -> str:
        return self.__html__()

    @cached_property
    def objects(self) -> Mapping[str, Any]:
        """The host's own objects by item key, asked for when the first is wanted, all in one call."""
        keys = [card.facts.key for card in self.cards]
        return guarded(lambda: self._asked(keys), {})

    def _asked(self, keys: list[str]) -> Mapping[str, Any]:
        with database.savepoints():
            return get_catalogue().objects(keys, self._asked_for)

    def _cards(self, answer: Recommendation) -> Iterator[Card]:
        for suggestion in answer.items:
            values = {one.name: getattr(suggestion, one.name) for one in fields(Suggestion)}
            yield Card(**values, link=tracked(suggestion.url, answer.recommendation_id), shelf=self)

    def _render(self) -> SafeString:
        # A context has its template from the moment a tag is rendered with it.
        engine = self._template.template.engine  # type: ignore[union-attr]
        # With all that the page knows: a shop's own card may hold a form, which needs the CSRF token.
        inner = copy(self._template)
        inner.update({"shelf": self, "recommendation": self.answer})
        # The block is ours to escape, whatever the template around it does.
        inner.autoescape = True
        with database.savepoints():
            return engine.get_template(BLOCK).render(inner)


def guarded(make: Callable[[], Value], otherwise: Value, *, where: str = "a shelf") -> Value:
    """What `make` gives, or `otherwise`: whatever goes wrong here, the host's page is shown without suggestions."""
    try:
        return make()
    except UnknownProduct as error:
        logger.debug("%s shows nothing: %s", where, error)
    except InvalidInput as error:
        logger.error("%s shows nothing: %s", where, error)
    except Exception:
        logger.exception("%s shows nothing", where)
    return otherwise


def tracked(url: str, token: str) -> str:
    """The address with the list's token in its query; empty for what is no web address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme not in ("", "http", "https"):
        return ""
    kept = [piece for piece in parts.query.split("&") if piece and piece.partition("=")[0] != PARAMETER]
    return parts._replace(query="&".join([*kept, f"{PARAMETER}={token}"])).geturl()
