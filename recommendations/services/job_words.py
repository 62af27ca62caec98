"""What runs told in English, in the language of whoever reads it: told once, translated where it is shown."""

import re
from functools import lru_cache

from django.utils.translation import gettext, gettext_noop

MESSAGES = (
    gettext_noop("%(pairs)s pairs in at least %(orders)s orders"),
    gettext_noop("distinct shoppers counted"),
    gettext_noop("%(pairs)s pairs held for review"),
    gettext_noop("%(rules)s rules of several antecedents"),
    gettext_noop("%(rules)s rules of substitutes"),
    gettext_noop("%(rules)s rules of what is viewed"),
    gettext_noop("%(written)s of %(rules)s rules written"),
    gettext_noop("comparing with the rules that are live"),
    gettext_noop("%(rules)s rules"),
    gettext_noop("the figures of %(day)s"),
    gettext_noop("mining needs at least 1 counted order, there are 0"),
    gettext_noop("%(purchases)s purchases of %(shoppers)s shoppers read"),
    gettext_noop("window %(number)s: %(shoppers)s shoppers"),
    gettext_noop("epoch %(epoch)s: loss %(loss)s, validation %(validation)s"),
    gettext_noop("epoch %(epoch)s: loss %(loss)s"),
    gettext_noop("content epoch %(epoch)s: validation %(validation)s"),
    gettext_noop("NDCG@20 of the next view %(ours)s, most popular %(popular)s"),
    gettext_noop("NDCG@%(length)s %(ours)s, most popular %(popular)s"),
    gettext_noop("NDCG@20 of the next view is %(ours)s, below %(popular)s of what is popular"),
    gettext_noop("item-to-item weights chosen: NDCG@20 %(ndcg)s"),
    gettext_noop("blend %(blend)s: NDCG@20 %(ndcg)s"),
    gettext_noop(
        "not enough data: training needs at least %(least)s shoppers who came back in the latest orders "
        "and %(least_items)s items; there are %(shoppers)s and %(items)s"
    ),
    gettext_noop("not enough data: training needs %(days)s days of orders before the latest ones"),
    gettext_noop("sessions need at least %(least)s later views that follow another; there are %(views)s"),
    gettext_noop("sessions are judged on at least %(least)s views that follow another; there are %(views)s"),
    gettext_noop("training needs torch: %(how)s"),
    gettext_noop("nothing changed since version %(version)s (%(status)s): the same orders, catalogue and settings"),
    gettext_noop("refreshing needs a live network: `manage.py train` makes one"),
    gettext_noop("version %(version)s does not say until when it was trained: train anew"),
    gettext_noop("no known shopper bought anything since version %(version)s was trained"),
    gettext_noop("item vectors moved by %(drift)s of their length, limit %(limit)s: retrain; asked for job %(job)s"),
    gettext_noop(
        "item vectors moved by %(drift)s of their length, limit %(limit)s: retrain; job %(job)s was the training for it"
    ),
    gettext_noop(
        "item vectors moved by %(drift)s of their length, limit %(limit)s: retrain; "
        "torch is not installed here, so no training is asked for"
    ),
    gettext_noop("item vectors moved by %(drift)s of their length, limit %(limit)s: retrain"),
    gettext_noop("items described"),
    gettext_noop("%(items)s items bought since the training"),
    gettext_noop("statistics of items need at least 1 counted order, there are 0"),
    gettext_noop("%(recent)s orders of the last 7 days, %(earlier)s of the 28 before"),
    gettext_noop("%(items)s items were ever ordered"),
    gettext_noop("%(number)s old events deleted"),
    gettext_noop("%(number)s old impressions deleted"),
    gettext_noop("%(number)s old outcomes deleted"),
    gettext_noop("%(number)s old jobs deleted"),
    gettext_noop("%(events)s events, %(impressions)s impressions, %(outcomes)s outcomes, %(jobs)s jobs"),
    gettext_noop("%(number)s rows of erased shoppers deleted"),
    gettext_noop("%(impressions)s impressions counted"),
    gettext_noop("%(orders)s orders, until %(until)s"),
    gettext_noop("another recount took over from generation %(generation)s"),
    gettext_noop("cancelled by %(user)s"),
    gettext_noop("another preview was asked for"),
    gettext_noop("given up after %(attempts)s attempts: the last one ended without a word"),
    gettext_noop("the catalogue gave no categories, so there are no substitutes (%(error)s)"),
    gettext_noop("the catalogue gives no facts: which items count stays as it was noted last (%(error)s)"),
    gettext_noop("the catalogue's stream failed (%(error)s)"),
    gettext_noop("the catalogue's stream failed: items that it had not named are without traits (%(error)s)"),
    gettext_noop("prices in other currencies than %(currency)s are left out: %(others)s"),
)
"""What runs say of themselves; of two that fit the first is the one."""


def in_words(told: str) -> str:
    """What a run told; as it is where it is none of `MESSAGES`."""
    found = meaning(told)
    return told if found is None else gettext(found[0]) % found[1]


def meaning(told: str) -> tuple[str, dict[str, str]] | None:
    """Which of `MESSAGES` this is, and the values in it; None for none."""
    for message, pattern in _patterns():
        found = pattern.fullmatch(told)
        if found:
            return message, found.groupdict()
    return None


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    return [(message, re.compile(_pattern(message), re.DOTALL)) for message in MESSAGES]


def _pattern(message: str) -> str:
    parts = re.split(r"%\((\w+)\)s", message)
    return "".join(re.escape(part) if at % 2 == 0 else f"(?P<{part}>.+?)" for at, part in enumerate(parts))
