from unittest import mock

import pytest

from recommendations.catalogue import Catalogue
from recommendations.checks import (
    check_database,
    check_orders_database,
    check_settings,
    check_time_zones,
    check_urls,
)
from recommendations.testing import FakeCatalogue
from shop.models import Order as ShopOrder

SQLITE = {
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
    "timeout": 20,
}


def test_the_reference_shop_is_configured_well():
    assert check_settings() == []
    assert check_database() == []
    assert check_orders_database() == []


class Split:
    """Sends one model to another database than the rest."""

    def db_for_write(self, model, **_):
        return "other" if model.__name__ == self.name and model._meta.app_label == self.app else "default"

    db_for_read = db_for_write

    def __init__(self, app, name):
        self.app, self.name = app, name


def test_tables_in_two_databases_are_an_error():
    with mock.patch("django.db.router.routers", [Split("recommendations", "PairCount")]):
        (message,) = check_database()
    assert message.id == "recommendations.E005"
    assert "'PairCount': 'other'" in message.msg


def test_orders_in_another_database_than_their_record_are_an_error(fake_catalogue, monkeypatch):
    monkeypatch.setattr(FakeCatalogue, "order_model", ShopOrder)
    assert check_orders_database() == []
    with mock.patch("django.db.router.routers", [Split("shop", "Order")]):
        (message,) = check_orders_database()
    assert message.id == "recommendations.E005"
    assert "shop.Order is written to database 'other'" in message.msg


def test_each_wrong_setting_is_an_error_with_a_hint(settings):
    settings.RECOMMENDATIONS = {"CATALOGUE": "shop.catalogue.ShopCatalogue", "BASKET_CAP": 0, "TYPO": 1}
    messages = check_settings()
    assert [message.id for message in messages] == ["recommendations.E001"] * 2
    assert all(message.hint for message in messages)


@pytest.mark.parametrize("path", ["nowhere.Catalogue", "recommendations.catalogue.Nothing", "datetime.datetime"])
def test_a_catalogue_that_cannot_be_one_is_an_error(settings, path):
    settings.RECOMMENDATIONS = {"CATALOGUE": path}
    (message,) = check_settings()
    assert message.id == "recommendations.E002"
    assert path in message.msg


@pytest.mark.parametrize("vendor", ["mysql", "oracle", "microsoft"])
def test_another_database_is_refused_with_the_reason(vendor):
    connection = mock.Mock(vendor=vendor, display_name=vendor.title())
    with mock.patch("recommendations.checks.connections", {"default": connection}):
        (message,) = check_database()
    assert message.id == "recommendations.E003"
    assert vendor.title() in message.msg
    assert "ON CONFLICT" in message.hint


@pytest.mark.parametrize("missing", list(SQLITE))
def test_sqlite_without_its_options_is_an_error_that_names_them(missing):
    options = {name: value for name, value in SQLITE.items() if name != missing}
    connection = mock.Mock(vendor="sqlite", settings_dict={"OPTIONS": options})
    with mock.patch("recommendations.checks.connections", {"default": connection}):
        (message,) = check_database()
    assert message.id == "recommendations.E004"
    assert missing in message.hint


def test_a_catalogue_without_facts_is_an_error(settings):
    settings.RECOMMENDATIONS = {"CATALOGUE": "tests.test_checks.Misspelt"}
    (message,) = check_settings()
    assert message.id == "recommendations.E002"
    assert "has no method facts" in message.msg


class Misspelt(Catalogue):
    def fact(self, keys, context):
        return {}


@pytest.mark.urls("tests.templatetags.empty_urls")
def test_forgotten_urls_are_a_warning():
    (message,) = check_urls()
    assert message.id == "recommendations.W001"


def test_times_without_zones_are_an_error(settings):
    assert check_time_zones() == []
    settings.USE_TZ = False
    (message,) = check_time_zones()
    assert message.id == "recommendations.E006"
