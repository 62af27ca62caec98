"""Short ways to ask for a list and to read it."""

import dataclasses

from recommendations.catalogue import Context
from recommendations.services import serve
from tests.factories import NOW

HERE = Context()


def related(key, **changes):
    return serve.related(key, **{"context": HERE, "now": NOW, **changes})


def cart(*keys, **changes):
    return serve.cart(keys, **{"context": HERE, "now": NOW, **changes})


def for_you(shopper="user:1", **changes):
    return serve.for_you(shopper, **{"context": HERE, "now": NOW, **changes})


def items(answer):
    return [suggestion.item for suggestion in answer.items]


def sources(answer):
    return [suggestion.source for suggestion in answer.items]


def change(catalogue, key, **changes):
    """Let the shop say something else of a product."""
    catalogue.shelf[key] = dataclasses.replace(catalogue.shelf[key], **changes)
