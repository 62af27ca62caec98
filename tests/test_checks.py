from unittest import mock

import pytest

from recommendations.checks import check_database, check_settings

SQLITE = {
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
    "timeout": 20,
}


def test_the_reference_shop_is_configured_well():
    assert check_settings() == []
    assert check_database() == []


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
def test_sqlite_without_its_options_is_a_warning_that_names_them(missing):
    options = {name: value for name, value in SQLITE.items() if name != missing}
    connection = mock.Mock(vendor="sqlite", settings_dict={"OPTIONS": options})
    with mock.patch("recommendations.checks.connections", {"default": connection}):
        (message,) = check_database()
    assert message.id == "recommendations.W001"
    assert missing in message.hint
