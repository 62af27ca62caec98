"""The plugin's settings: one dict `RECOMMENDATIONS` in the host's settings, read lazily."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from django.conf import settings as django_settings
from django.core.signals import setting_changed


@dataclass(frozen=True, slots=True)
class Option:
    """One setting: its default, what it means and which values are allowed.

    `problem` returns None for an allowed value, else what is allowed in words.
    """

    default: Any
    meaning: str
    problem: Callable[[Any], str | None]


def integer(low: int, high: int) -> Callable[[Any], str | None]:
    def problem(value: Any) -> str | None:
        fits = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        return None if fits else f"must be a whole number from {low} to {high}"

    return problem


def _integer_or_none(low: int, high: int) -> Callable[[Any], str | None]:
    whole = integer(low, high)

    def problem(value: Any) -> str | None:
        fault = whole(value)
        return None if value is None or fault is None else f"{fault}, or None"

    return problem


def boolean(value: Any) -> str | None:
    return None if isinstance(value, bool) else "must be True or False"


def number(low: float, high: float) -> Callable[[Any], str | None]:
    def problem(value: Any) -> str | None:
        fits = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
        return None if fits else f"must be a number from {low:g} to {high:g}"

    return problem


def _one_of(*allowed: str) -> Callable[[Any], str | None]:
    def problem(value: Any) -> str | None:
        return None if value in allowed else f"must be one of {', '.join(allowed)}"

    return problem


def _dotted_path(value: Any) -> str | None:
    if isinstance(value, str) and "." in value.strip("."):
        return None
    return "must be a dotted path to a Catalogue class, such as 'shop.catalogue.ShopCatalogue'"


def _encoder(value: Any) -> str | None:
    if value is None or (isinstance(value, str) and "." in value.strip(".")):
        return None
    return "must be a dotted path to a callable, or None"


def _folder(value: Any) -> str | None:
    fits = value is None or (isinstance(value, str | Path) and str(value))
    return None if fits else "must be a folder's path, or None for BASE_DIR/var/artefacts"


def _name(value: Any) -> str | None:
    fits = isinstance(value, str) and value.isidentifier()
    return None if fits else "must be a plain name such as 'basketry_visitor'"


def _token(value: Any) -> str | None:
    fits = value is None or (isinstance(value, str) and len(value) >= 16)
    return None if fits else "must be a text of at least 16 characters, or None"


WINDOWS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}


def rate_of(text: str) -> tuple[int, int]:
    """A rate such as "600/minute" as (requests, seconds).

    Raises
    ------
    ValueError : it is no rate.
    """
    most, _, window = text.partition("/")
    if not (most.isascii() and most.isdigit() and len(most) < 10 and int(most) and window in WINDOWS):
        raise ValueError(text)
    return int(most), WINDOWS[window]


def _rate(value: Any) -> str | None:
    try:
        if value is not None:
            rate_of(value)
    except (AttributeError, TypeError, ValueError):
        return f"must be a rate such as '600/minute' (per {', '.join(WINDOWS)}), or None"
    return None


OPTIONS: Mapping[str, Option] = {
    "CATALOGUE": Option(None, "dotted path to the shop's Catalogue class", _dotted_path),
    "STORE_DIR": Option(None, "folder of published artefacts; never one that the web serves", _folder),
    "CONSENT": Option(
        "opt_out",
        "what holds for a shopper who has not decided: opt_out records until refused, opt_in waits for a yes",
        _one_of("opt_out", "opt_in"),
    ),
    "BASKET_CAP": Option(100, "most items of one order that are counted", integer(2, 1_000)),
    "MAX_BASKET_ITEMS": Option(
        None,
        "distinct items above which an order is left out of the counts; None: none is",
        _integer_or_none(2, 10_000),
    ),
    "MAX_ORDERS_PER_DAY": Option(
        200,
        "orders of one shopper above which all of that day are left out of the counts; None: never",
        _integer_or_none(1, 10**6),
    ),
    "COUNT_FREE_LINES": Option(True, "whether order lines at no price are counted", boolean),
    "WINDOW_DAYS": Option(None, "days before today whose orders are counted; None: all", _integer_or_none(1, 36_500)),
    "FOLD_BATCH": Option(100, "most orders folded in one transaction", integer(1, 10_000)),
    "BULK_FOLD_ORDERS": Option(5_000, "pending orders from which a fold recounts in bulk", integer(1, 10**9)),
    "MIN_RULE_ORDERS": Option(
        5,
        "orders in which both sides of a rule must occur; for rules of what is viewed, days of shoppers",
        integer(2, 10**9),
    ),
    "MIN_RULE_SHOPPERS": Option(5, "distinct known shoppers behind a rule", integer(2, 10**9)),
    "MIN_WEIGHTED_LIFT": Option(
        1.5, "times that a pair must occur what chance gives, corrected for basket sizes", number(0, 1_000)
    ),
    "FALSE_RULES": Option(
        0.05, "share of false claims that is put up with among the rules (Benjamini-Hochberg's q)", number(1e-6, 0.5)
    ),
    "MINE_SUBSTITUTES": Option(True, "whether rules of substitutes are mined", boolean),
    "MINE_VIEWS": Option(True, "whether rules of what is viewed are mined", boolean),
    "MIN_SUBSTITUTE_EXPECTED": Option(
        5, "orders with both that chance must give before two items can be substitutes", number(1, 10**9)
    ),
    "MAX_SUBSTITUTE_LIFT": Option(0.5, "most weighted lift of substitutes: 1 is what chance gives", number(0, 1)),
    "VIEW_DAYS": Option(90, "days of views that rules of what is viewed are mined from", integer(1, 36_500)),
    "SESSION_MINUTES": Option(30, "minutes without a view after which another session begins", integer(1, 1_440)),
    "MIN_DWELL_SECONDS": Option(2, "seconds below which a view says nothing", number(0, 3_600)),
    "MAX_VIEWS_A_DAY": Option(
        500, "views of a shopper a day above which it is a program, whose day is left out", integer(1, 10**6)
    ),
    "BOUGHT_WITHIN_HOURS": Option(
        24, "hours after a session in which a purchase counts as following it", integer(0, 8_760)
    ),
    "HOLD_ACCOUNT_DAYS": Option(
        30, "age from which on an account's orders let a rule pass unseen; 0: at once", integer(0, 3_650)
    ),
    "HOLD_SHOPPERS": Option(
        3, "shoppers that a rule must have without young accounts, or it waits for staff", integer(0, 10**9)
    ),
    "HOLD_VOTE_LIFT": Option(
        1.25, "times that one vote a shopper must weigh what chance gives, or the rule waits", number(0, 1_000)
    ),
    "HOLD_VOTERS": Option(50, "shoppers from which on one vote of each may weigh what chance gives", integer(1, 10**9)),
    "HOLD_BURST_ORDERS": Option(10, "orders within 7 or 30 days from which on they may be a burst", integer(1, 10**9)),
    "HOLD_BURST_SHARE": Option(0.5, "share of a pair's orders that a burst holds", number(0.01, 1)),
    "HOLD_BURST_TIMES": Option(
        2, "times that a burst is more than the shop's volume and both items' sales explain", number(1, 10**6)
    ),
    "HOLD_BURST_P": Option(1e-6, "most probability that chance crowds orders as a burst does", number(1e-100, 1)),
    "HOLD_ORDERS_EACH": Option(
        3, "times the usual orders a shopper from which on a rule rests on few accounts and waits", number(1, 10**6)
    ),
    "HOLD_DAYS": Option(5, "different days on which a pair must be ordered, or its rule waits", integer(1, 3_650)),
    "MINING_ENGINE": Option(
        "native",
        "what finds frequent itemsets; the others need the package mlxtend and are there to compare with",
        _one_of("native", "mlxtend-fpgrowth", "mlxtend-apriori"),
    ),
    "RULE_ANTECEDENTS": Option(3, "most items on a rule's left side; 1 publishes rules of pairs alone", integer(1, 3)),
    "LONG_RULE_SUPPORT": Option(
        0.001, "share of all orders that a rule of several antecedents must be found in", number(1e-6, 1)
    ),
    "LONG_RULE_CONFIDENCE": Option(0.25, "least confidence of a rule of several antecedents", number(0, 1)),
    "LONG_RULE_IMPROVEMENT": Option(
        0.05, "confidence that a rule of several antecedents adds to each rule with one less", number(0, 1)
    ),
    "LONG_RULES": Option(5_000, "most rules of several antecedents in a version", integer(1, 100_000)),
    "RULES_PER_ITEM": Option(20, "most rules kept of one left side and kind", integer(1, 1_000)),
    "PARTNERS": Option(200, "strongest partners of an item that are scored for a list", integer(10, 10_000)),
    "POPULAR": Option(100, "most popular items that are scored beside the partners", integer(10, 1_000)),
    "FACTS_SECONDS": Option(
        0, "seconds that what the shop tells of a product may be old in a list; 0: it is asked for each", number(0, 5)
    ),
    "MINE_EVERY_SECONDS": Option(3_600, "rules are mined anew after this time if counts changed", integer(10, 10**7)),
    "ITEM_STATISTICS_SECONDS": Option(
        300, "statistics of items are made anew after this time if counts changed", integer(10, 86_400)
    ),
    "REFRESH_EVERY_SECONDS": Option(
        300,
        "the live network is brought up to date after this time if counts changed; None: by trainings alone",
        _integer_or_none(10, 10**7),
    ),
    "TRAIN_AFTER_ORDERS": Option(100, "new orders after which the network is trained anew", integer(1, 10**9)),
    "TRAIN_EVERY_HOURS": Option(
        24,
        "hours after which the network is trained anew if anything changed; None: never by time",
        _integer_or_none(1, 8_760),
    ),
    "TRAIN_FACTORS": Option(64, "width of the item vectors", integer(4, 512)),
    "TRAIN_EPOCHS": Option(
        12, "most passes of a network over what it learns from; fewer where that is very much", integer(1, 1_000)
    ),
    "TRAIN_SECONDS": Option(
        3_600, "a safety net: a fit of a network ends with the pass in which so much time is over", integer(1, 86_400)
    ),
    "TRAIN_PATIENCE": Option(
        4, "passes without a better validation after which a fit of the network's ranker ends", integer(1, 1_000)
    ),
    "TRAIN_WEIGHT_DECAY": Option(
        0.1, "how strongly the weights of the network's ranker are held small (AdamW's weight decay)", number(0, 10)
    ),
    "TEXT_ENCODER": Option(
        None,
        "dotted path to what turns texts into vectors, a row a text; None: n-grams of the shop's own texts",
        _encoder,
    ),
    "IMAGE_ENCODER": Option(
        None, "dotted path to what turns an item's Facts into its picture's vector or None; None: no pictures", _encoder
    ),
    "JOB_LEASE_SECONDS": Option(60, "silence after which another worker may take over a job", integer(5, 86_400)),
    "JOB_ATTEMPTS": Option(3, "attempts after which a job is quarantined", integer(1, 100)),
    "JOB_MEMORY_MB": Option(4_096, "memory that the process of a job may take", integer(256, 10**6)),
    "EVENTS_PER_REQUEST": Option(500, "most events in one request", integer(1, 10_000)),
    "ATTRIBUTION_DAYS": Option(7, "days in which a purchase counts for the click before it", integer(1, 365)),
    "OUTCOME_MINUTES": Option(
        60, "minutes after a list was on screen in which clicks and purchases are its outcome", integer(1, 1_440)
    ),
    "EXPOSURES_EVERY_SECONDS": Option(300, "what was shown is counted after this time", integer(10, 86_400)),
    "OUTCOMES_EVERY_SECONDS": Option(
        900, "daily figures of the placements are made after this time", integer(60, 86_400)
    ),
    "NEW_ITEM_DAYS": Option(30, "days after its launch in which an item is new", integer(1, 3_650)),
    "NEW_ITEMS": Option(300, "most new items that lists may try", integer(1, 1_000)),
    "NEW_ITEM_EXAMINATIONS": Option(
        200, "times that a new item is looked at without a click, after which it is tried no more", integer(10, 10**6)
    ),
    "TOKEN_DAYS": Option(30, "days in which a recommendation id is accepted back", integer(1, 365)),
    "BROWSE_DAYS": Option(180, "days after which browse rows are pruned", integer(1, 36_500)),
    "METRICS_TOKEN": Option(None, "bearer token that health/metrics accepts; None: staff only", _token),
    "READ_RATE": Option(None, "most lists that one client may ask the API for; None: any number", _rate),
    "WRITE_RATE": Option(None, "most events, ratings and decisions that one client may send; None: any number", _rate),
    "TRUSTED_RATE": Option(None, "most requests of one member of staff or server; None: any number", _rate),
    "VISITOR_COOKIE": Option("basketry_visitor", "cookie that names an anonymous visitor", _name),
}


SECRETS = frozenset({"METRICS_TOKEN"})


def problems(raw: Any) -> list[str]:
    """What is wrong with `settings.RECOMMENDATIONS`, a sentence a fault; empty when nothing is."""
    if not isinstance(raw, Mapping):
        return ["RECOMMENDATIONS must be a dict"]
    found = [f"{name} is no setting of RECOMMENDATIONS{_nearest(name)}" for name in raw if name not in OPTIONS]
    for name, option in OPTIONS.items():
        if name in raw or name == "CATALOGUE":
            problem = option.problem(raw.get(name))
            if problem:
                found.append(f"{name} {problem}" if name in SECRETS else f"{name} {problem}, not {raw.get(name)!r}")
    return found


def _nearest(name: Any) -> str:
    near = get_close_matches(str(name), OPTIONS, n=1)
    return f": did you mean {near[0]}?" if near else ""


class Settings:
    """Attribute access to the settings: the host's value, else the default."""

    def __getattr__(self, name: str) -> Any:
        if name not in OPTIONS:
            raise AttributeError(name)
        value = getattr(django_settings, "RECOMMENDATIONS", {}).get(name, OPTIONS[name].default)
        setattr(self, name, value)
        return value

    def reload(self, *, setting: str, **_: Any) -> None:
        """Forget what was read when tests or hosts change `RECOMMENDATIONS`."""
        if setting == "RECOMMENDATIONS":
            self.__dict__.clear()


settings = Settings()
setting_changed.connect(settings.reload)


def store_dir() -> Path:
    """The folder of published artefacts."""
    if settings.STORE_DIR is not None:
        return Path(settings.STORE_DIR)
    return Path(getattr(django_settings, "BASE_DIR", Path.cwd())) / "var" / "artefacts"
