"""A file of browse events becomes rows, once."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from recommendations.data.tables import Refusal
from recommendations.models import BrowseLog, Consent, Shopper
from recommendations.services.import_events import Events, import_events
from recommendations.services.importing import Manner, Source

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

NOW = datetime(2026, 3, 1, tzinfo=UTC)
HEADER = "kind,shopper,at,item\n"


@pytest.fixture
def load(tmp_path, stocked):
    def run(text, *, events=None, **manner):
        path = tmp_path / "events.csv"
        path.write_text(text)
        return import_events(
            source=Source(path, ZoneInfo("UTC")),
            events=events or Events(),
            manner=Manner(**manner),
            progress=lambda *_: None,
            now=NOW,
        )

    return run


def test_the_files_words_are_mapped_to_kinds_and_some_are_skipped(load):
    text = HEADER + "view,7,1767225600000,a\naddtocart,7,2026-01-01,b\ntransaction,7,2026-01-01,b\nnod,7,2026-01-01,b\n"
    report = load(text, events=Events(kinds={"addtocart": "cart_add", "transaction": ""}))
    assert (report.events_recorded, report.skipped) == (2, 1)
    assert report.refused == {Refusal.UNKNOWN_KIND: 1}
    rows = BrowseLog.objects.order_by("kind").values_list("kind", "item__key", "at", "shopper__key")
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert list(rows) == [("cart_add", "b", at, "user:7"), ("view", "a", at, "user:7")]


@pytest.mark.parametrize("header", [HEADER, HEADER.replace("kind", "event_id,kind")], ids=["derived", "given"])
def test_importing_again_adds_nothing(load, header):
    prefix = "44," if "event_id" in header else ""
    text = header + f"{prefix}view,7,2026-01-01,a\n"
    assert load(text).events_recorded == 1
    again = load(text)
    assert (again.events_recorded, again.events_known) == (0, 1)


def test_a_shopper_who_refused_is_not_recorded(load):
    Shopper.objects.create(key="user:7", consent=Consent.REFUSED)
    report = load(HEADER + "view,7,2026-01-01,a\nview,8,2026-01-01,a\n")
    assert report.refused == {Refusal.SHOPPER_REFUSED: 1}
    assert BrowseLog.objects.get().shopper.key == "user:8"


def test_unknown_products_are_refused_or_handed_over(load, stocked, monkeypatch):
    handed = []
    monkeypatch.setattr(stocked, "register", handed.extend, raising=False)
    text = HEADER + "view,7,2026-01-01,new\n"
    assert load(text).refused == {Refusal.UNKNOWN_PRODUCT: 1}
    assert load(text, events=Events(register_products=True)).products_registered == 1
    assert [one.key for one in handed] == ["new"]


def test_events_without_shopper_or_item_are_refused(load):
    report = load(HEADER + "view,,2026-01-01,a\nview,7,2026-01-01,\n")
    assert report.refused == {Refusal.NO_SHOPPER: 1, Refusal.NO_ITEM: 1}


def test_a_dry_run_keeps_nothing(load):
    assert load(HEADER + "view,7,2026-01-01,a\n", dry_run=True).events_recorded == 1
    assert not BrowseLog.objects.exists()
