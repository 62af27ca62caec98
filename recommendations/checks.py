"""System checks: a misconfiguration is told before it bites, with a hint and a stable id."""

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, Warning, register
from django.db import connections, router
from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string

from recommendations.catalogue import Catalogue, get_catalogue
from recommendations.conf import problems
from recommendations.models import Order

SUPPORTED = ("sqlite", "postgresql")


@register("recommendations")
def check_settings(**_: Any) -> list[CheckMessage]:
    """E001: a setting is unknown or out of range. E002: the catalogue cannot be loaded."""
    found = problems(getattr(django_settings, "RECOMMENDATIONS", {}))
    messages: list[CheckMessage] = [
        Error(
            problem,
            hint="recommendations/conf.py lists every setting with its meaning and range.",
            id="recommendations.E001",
        )
        for problem in found
    ]
    if not found:
        messages += _check_catalogue(django_settings.RECOMMENDATIONS["CATALOGUE"])
    return messages


@register("recommendations")
def check_urls(**_: Any) -> list[CheckMessage]:
    """W001: the API is not among the project's URLs, which the script on pages reports to."""
    try:
        reverse("recommendations:events")
    except NoReverseMatch:
        return [
            Warning(
                "The plugin's URLs are not included: pages get no style and no script, and nothing is reported.",
                hint='Add path("api/v1/", include("recommendations.urls")) to the URLs.',
                id="recommendations.W001",
            )
        ]
    return []


@register("recommendations")
def check_time_zones(**_: Any) -> list[CheckMessage]:
    """E006: times without zones."""
    if django_settings.USE_TZ:
        return []
    return [
        Error(
            "USE_TZ is off: orders and events need times with a time zone.",
            hint="Set USE_TZ = True; Django's documentation says how to migrate.",
            id="recommendations.E006",
        )
    ]


@register("recommendations")
def check_database(**_: Any) -> list[CheckMessage]:
    """E003: a database that exact counts cannot rest on. E004: SQLite without its options. E005: several databases."""
    models = [*apps.get_app_config("recommendations").get_models(), get_user_model()]
    aliases = {model.__name__: router.db_for_write(model) for model in models}
    if len(set(aliases.values())) > 1:
        return [
            Error(
                f"The plugin's tables and the users are written to several databases: {aliases}.",
                hint="Counts change in the transaction that changes an order, and shoppers point to users: route the "
                "whole app 'recommendations' to the database of orders and users.",
                id="recommendations.E005",
            )
        ]
    connection = connections[router.db_for_write(Order)]
    if connection.vendor not in SUPPORTED:
        return [
            Error(
                f"Recommendations cannot keep exact counts on {connection.display_name}.",
                hint="Recording and folding need INSERT ... ON CONFLICT, unique constraints with a condition and a "
                "lock that ends with its transaction, in the shop's own database: use PostgreSQL or SQLite for the "
                "whole project, or run the plugin in a project of its own and send orders to its REST API after commit "
                "(docs/decisions/sqlite-and-postgresql-only.md).",
                id="recommendations.E003",
            )
        ]
    if connection.vendor == "sqlite":
        return _check_sqlite_options(connection.settings_dict.get("OPTIONS", {}))
    return []


@register("recommendations")
def check_orders_database(**_: Any) -> list[CheckMessage]:
    """E005: the shop's orders, as far as the catalogue names their model, are written elsewhere than the plugin's."""
    try:
        model = get_catalogue().order_model
    except Exception:  # noqa: BLE001 (E002 tells what is wrong with the catalogue)
        return []
    if model is None or router.db_for_write(model) == router.db_for_write(Order):
        return []
    return [
        Error(
            f"{model._meta.label} is written to database {router.db_for_write(model)!r}, "
            f"the plugin's tables to {router.db_for_write(Order)!r}.",
            hint="Route the app 'recommendations' to the database of the orders, so that both are one transaction.",
            id="recommendations.E005",
        )
    ]


def _check_catalogue(path: str) -> Sequence[CheckMessage]:
    try:
        cls = import_string(path)
    except ImportError as error:
        return [
            Error(
                f"CATALOGUE {path!r} cannot be imported: {error}",
                hint="Name the class by its dotted path.",
                id="recommendations.E002",
            )
        ]
    if isinstance(cls, type) and issubclass(cls, Catalogue):
        return [] if cls.facts is not Catalogue.facts else [_without_facts(path)]
    return [
        Error(
            f"CATALOGUE {path!r} is no recommendations.catalogue.Catalogue.",
            hint="Derive the class from it.",
            id="recommendations.E002",
        )
    ]


def _without_facts(path: str) -> CheckMessage:
    return Error(
        f"CATALOGUE {path!r} has no method facts: nothing can be suggested.",
        hint="Write facts(self, keys, context), which returns a dict of Facts by key.",
        id="recommendations.E002",
    )


def _check_sqlite_options(options: dict[str, Any]) -> list[CheckMessage]:
    missing = []
    if options.get("transaction_mode") != "IMMEDIATE":
        missing.append('"transaction_mode": "IMMEDIATE"')
    if "wal" not in str(options.get("init_command", "")).lower():
        missing.append('"init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL"')
    if float(options.get("timeout", 5)) < 20:
        missing.append('"timeout": 20')
    if not missing:
        return []
    return [
        Error(
            "SQLite without these options loses checkouts to 'database is locked' under load.",
            hint=f"Set in the database's OPTIONS: {', '.join(missing)}.",
            id="recommendations.E004",
        )
    ]
