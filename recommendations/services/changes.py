"""Whether anything changed that a training would learn from: the orders, the catalogue, how it trains."""

import hashlib
import logging
from collections.abc import Mapping
from typing import Any

from recommendations import __version__
from recommendations.catalogue import Context, Facts, get_catalogue
from recommendations.desks import Chosen
from recommendations.models import Artefact, ArtefactKind, ArtefactStatus, BasketTotals, Desk
from recommendations.services import parameters, tuned

logger = logging.getLogger(__name__)

LEARNT_FROM = "learnt_from"
"""Where an artefact's metrics say what it learnt from."""


def learnt_from(chosen: Chosen | None = None) -> dict[str, Any]:
    """What a training that begins now learns from (JSON): equal means that it would come to the same end.

    Parameters
    ----------
    chosen : the parameters of training; those of now unless given.
    """
    totals = BasketTotals.objects.live().first()
    return {
        "sequence": totals.sequence if totals else 0,
        "catalogue": catalogue_digest(),
        "recipe": (chosen or parameters.chosen(Desk.TRAINING)).values,
        "tuned": dict(tuned.parameters()),
        "version": __version__,
    }


def nothing_changed(now: Mapping[str, Any]) -> str | None:
    """Why a training would be in vain, with the version that it would repeat; None where it would not be."""
    network = Artefact.objects.filter(kind=ArtefactKind.NETWORK).exclude(status=ArtefactStatus.BUILDING)
    newest = network.order_by("-id").first()
    if newest is None or newest.metrics.get(LEARNT_FROM) != now:
        return None
    return (
        f"nothing changed since version {newest.pk} ({newest.get_status_display()}): the same orders, "
        "catalogue and settings"
    )


def catalogue_digest() -> str:
    """One text for what the catalogue's `stream` says that items are, in whatever order; not for stock and offers.

    A catalogue that fails is logged and counts as an empty one: networks learn from orders alone then.
    """
    total = 0
    try:
        for facts in get_catalogue().stream(Context()):
            total += int.from_bytes(_digest(facts), "little")
    except Exception:
        logger.exception("the catalogue's stream failed")
        total = 0
    return f"{total % 2**128:032x}"


def _digest(facts: Facts) -> bytes:
    described = (
        facts.key,
        str(facts.title),
        facts.categories,
        facts.brand,
        str(facts.text),
        sorted((str(name), str(value)) for name, value in facts.attributes.items()),
        str(facts.price),
        facts.currency,
        facts.image,
        str(facts.launched_at),
        facts.visible,
        facts.counted,
    )
    return hashlib.blake2b(repr(described).encode(), digest_size=16).digest()
