"""Staff set up placements: what they would show, side by side, and one entry in the log for each change."""

import json
from uuid import UUID

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from recommendations.catalogue import Context, Facts
from recommendations.models import BrowseLog, CategoryBan, Consent, Impression, Pin, Placement, Shopper
from recommendations.services import serve
from recommendations.services.fold import fold_all
from recommendations.services.preview import preview
from recommendations.services.weekend import this_weekend
from recommendations.testing import FakeCatalogue
from tests.factories import make_item, make_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def spot(stocked):
    """A placement of a product's page: `a` is bought with b most, then c, then d; e sells alone."""
    for others, times in (("b", 4), ("c", 3), ("d", 2)):
        for number in range(times):
            make_order("a", others, shopper=f"user:{number + 1}")
    make_order("e")
    fold_all(now=timezone.now())
    return Placement.objects.create(slug="spot", strategy="related", limit=2, fallbacks=[])


def url(name, *args):
    return reverse(f"admin:recommendations_{name}", args=args)


def ask(client, spot, page="preview", **data):
    return client.get(url(f"placement_{page}", spot.pk), data)


def cards(found):
    return [card.key for card in found.cards]


SETTINGS = {
    "strategy": "related",
    "sources": "[]",
    "limit": 2,
    "in_stock_only": "on",
    "bought_before": "if_repeated",
    "diversity": 0,
    "promoted_share": 0,
    "explore": 0,
}


def test_a_preview_is_the_list_that_the_shop_would_show(admin_client, spot):
    page = ask(admin_client, spot, products="a")
    wanted = serve.Request("related", ["a"], placement="spot")
    (list_of_shop,) = serve.batch([wanted], context=Context(), now=timezone.now())

    assert cards(page.context["list"]) == [one.item for one in list_of_shop.items] == ["b", "c"]
    assert "4 of the 9 orders with Product a also had Product b" in page.content.decode()
    assert not Impression.objects.exists()
    assert not BrowseLog.objects.exists()


def test_what_is_left_out_is_said_in_words_best_first(admin_client, spot, stocked):
    stocked.shelf["b"] = Facts(key="b", title="Product b", url="/p/b/", stock=0)
    Pin.objects.create(placement=spot, item=make_item("c"), kind="hide")
    Pin.objects.create(placement=spot, item=make_item("z"), kind="pin", position=1)

    found = ask(admin_client, spot, products="a").context["list"]

    assert cards(found) == ["z", "d"]
    why = {row[0]: row[3] for row in found.left_out}
    assert why["Product b"] == "sold out"
    assert why["Product c"] == "staff hide it here"
    assert why["Product a"] == "it is the product itself, or another size or colour of it"
    assert {row[0]: row[3] for row in found.wishes} == {
        "Product z": "stands at place 1",
        "Product c": "is not shown",
    }
    scores = [float(row[2]) for row in found.left_out]
    assert scores == sorted(scores, reverse=True)


def test_a_pin_that_cannot_be_shown_says_why(admin_client, spot, stocked):
    stocked.shelf["z"] = Facts(key="z", title="Product z", url="/p/z/", stock=0)
    Pin.objects.create(placement=spot, item=make_item("z"), kind="pin", position=1)

    found = ask(admin_client, spot, products="a").context["list"]

    assert [row[3] for row in found.wishes] == ["is not shown: sold out"]


def test_a_list_about_a_product_asks_for_one_and_words_of_a_title_name_it(admin_client, spot):
    assert "Name one product" in ask(admin_client, spot).context["list"].problem
    assert cards(ask(admin_client, spot, products="product A").context["list"]) == ["b", "c"]
    page = ask(admin_client, spot, products="nothing like it").content.decode()
    assert "The shop finds no product by “nothing like it”." in page


def test_a_shopper_is_named_by_key_or_account_and_only_by_who_may(admin_client, admin_user, staff_client, spot):
    Shopper.objects.create(key="anon:1", consent=Consent.REFUSED)
    by_key = ask(admin_client, spot, products="a", shopper="anon:1")
    by_name = ask(admin_client, spot, products="a", shopper=admin_user.username)
    unknown = ask(admin_client, spot, products="a", shopper="nobody")

    assert by_key.context["form"].cleaned_data["shopper"] == "anon:1"
    assert "This shopper did not agree: nothing personal is used." in by_key.content.decode()
    assert by_name.context["form"].cleaned_data["shopper"] == f"user:{admin_user.pk}"
    assert "There is no shopper of this key" in unknown.content.decode()

    client = staff_client("view_placement")
    looks = LogEntry.objects.order_by("pk")
    assert [(look.change_message, look.user) for look in looks] == [("looked at", admin_user)] * 2
    assert looks[0].object_repr == "anon:1"
    assert "shopper" not in ask(client, spot, products="a").context["form"].fields
    assert ask(client, spot, products="a", shopper="anon:1").status_code == 403


def test_a_catalogue_out_of_order_breaks_no_page(admin_client, spot, monkeypatch):
    monkeypatch.setattr(FakeCatalogue, "facts", lambda *_: 1 / 0)
    found = ask(admin_client, spot, products="product a")
    assert found.context["list"].problem == "The shop's catalogue is out of order, so there is no list."


def test_the_pages_are_for_who_may_see_placements(staff_client, spot):
    client = staff_client("view_pin")
    for page in ("preview", "compare"):
        assert ask(client, spot, page).status_code == 403
    assert client.get(url("placement_products")).status_code == 403


def test_edited_settings_stand_beside_the_saved_ones_and_are_not_saved(admin_client, spot):
    page = admin_client.post(
        url("placement_compare", spot.pk), {**SETTINGS, "limit": 3, "products": "a", "strategy": "cart"}
    )

    first, second = page.context["lists"]
    assert cards(first) == ["b", "c"]
    assert cards(second) == ["b", "c", "d"]
    assert page.context["difference"].came == ("Product d",)
    assert [card.moved for card in second.cards] == ["same place", "same place", "new here"]
    spot.refresh_from_db()
    assert (spot.limit, spot.strategy) == (2, "related")
    assert not LogEntry.objects.exists()


def test_another_placement_stands_beside_it_and_moves_are_counted(admin_client, spot):
    other = Placement.objects.create(slug="other", strategy="related", limit=2, fallbacks=[])
    Pin.objects.create(placement=other, item=make_item("c"), kind="pin", position=1)

    page = ask(admin_client, spot, "compare", products="a", other="other")

    assert [card.moved for card in page.context["lists"][1].cards] == ["▲ +1", "▼ \u22121"]
    assert (page.context["difference"].came, page.context["difference"].moved) == ((), 2)


def test_settings_out_of_range_are_refused_by_name(admin_client, spot):
    page = admin_client.post(url("placement_compare", spot.pk), {**SETTINGS, "limit": 101, "explore": 0.7})

    words = page.content.decode()
    assert "Limit: Ensure this value is less than or equal to 100." in words
    assert "Share for new items: Ensure this value is less than or equal to 0.5." in words
    assert page.context["lists"] == ()


def test_tried_settings_are_saved_by_who_may_with_one_entry(admin_client, staff_client, spot):
    tried = {**SETTINGS, "limit": 3, "keep": "1"}
    assert staff_client("view_placement").post(url("placement_compare", spot.pk), tried).status_code == 403
    spot.refresh_from_db()
    assert spot.limit == 2


def test_saving_what_was_tried_leaves_one_entry(admin_client, spot):
    admin_client.post(url("placement_compare", spot.pk), {**SETTINGS, "limit": 3, "keep": "1"})

    spot.refresh_from_db()
    assert spot.limit == 3
    told = json.loads(LogEntry.objects.get().change_message)
    assert (told["before"]["limit"], told["after"]["limit"]) == (2, 3)


def test_both_sides_draw_new_items_alike(spot):
    spot.promoted_share = 1.0
    for key in "klmnopqrst":
        Pin.objects.create(placement=spot, item=make_item(key), kind="promote")
        make_order("a", key)
    fold_all(now=timezone.now())
    draw = UUID(int=7)

    def drawn(**options):
        answer = preview(spot, context=Context(), now=timezone.now(), user_id=0, products=["a"], **options)
        return [one.item for one in answer.items]

    assert drawn(drawn_by=draw) == drawn(drawn_by=draw)
    assert len({tuple(drawn()) for _ in range(20)}) > 1


def form_of(client, spot, **changes):
    """What the browser would send for the placement's page as it is, but for the changes."""
    page = client.get(url("placement_change", spot.pk))
    form, formset = page.context["adminform"].form, page.context["inline_admin_formsets"][0].formset
    data = {"slug": spot.slug, "title": spot.title, **SETTINGS, "limit": spot.limit}
    for one in (formset.management_form, *formset.forms):
        for field in one:
            value = field.value()
            if field.name in ("starts_at", "ends_at"):
                continue
            data[field.html_name] = "" if value is None else value
    assert form.instance.pk == spot.pk
    return {**data, **changes}


def test_each_changed_row_of_a_placements_page_leaves_one_entry(admin_client, spot):
    pin = Pin.objects.create(placement=spot, item=make_item("c"), kind="pin", position=1)
    Pin.objects.create(placement=spot, item=make_item("d"), kind="hide")
    changes = {
        "title": "With it",
        "pins-0-position": 5,
        "pins-2-item": make_item("e").pk,
        "pins-2-kind": "boost",
        "pins-2-factor": 2,
        "pins-2-period": "weekend",
    }
    answer = admin_client.post(url("placement_change", spot.pk), form_of(admin_client, spot, **changes))

    assert answer.status_code == 302, answer.context["errors"]
    entries = LogEntry.objects.order_by("id")
    told = [(one.content_type.model, one.action_flag) for one in entries]
    assert told == [("placement", 2), ("pin", 2), ("pin", 1)]
    assert [json.loads(one.change_message)["before"] is None for one in entries] == [False, False, True]
    changed = json.loads(entries[1].change_message)
    assert (entries[1].object_id, changed["before"]["position"], changed["after"]["position"]) == (str(pin.pk), 1, 5)
    added = Pin.objects.get(kind="boost")
    assert (added.starts_at, added.ends_at) == this_weekend(timezone.now())


def test_deleting_leaves_one_entry_a_row_with_what_it_was(admin_client, spot):
    pins = [Pin.objects.create(placement=spot, item=make_item(key), kind="hide") for key in "cd"]
    data = {"action": "delete_selected", "_selected_action": [pin.pk for pin in pins], "post": "yes"}
    admin_client.post(url("pin_changelist"), data)
    data = form_of(admin_client, spot)
    admin_client.post(url("placement_delete", spot.pk), {"post": "yes"})

    assert [one.action_flag for one in LogEntry.objects.all()] == [3, 3, 3]
    assert json.loads(LogEntry.objects.first().change_message)["after"] is None
    assert not Placement.objects.filter(pk=spot.pk).exists()


def test_a_ban_names_who_decided_it_and_leaves_one_entry_a_change(admin_client, admin_user):
    admin_client.post(url("categoryban_add"), {"category": "wine", "beside": "baby"})
    ban = CategoryBan.objects.get()
    data = {"category": "wine", "beside": "baby", "note": "law"}
    admin_client.post(url("categoryban_change", ban.pk), data)
    admin_client.post(url("categoryban_change", ban.pk), data)

    assert CategoryBan.objects.get().decided_by == admin_user
    assert [one.action_flag for one in LogEntry.objects.order_by("id")] == [1, 2]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("position", 101, "Must be from 1 to 100, or empty."),
        ("factor", 0, "Must be above 0, up to 1,000."),
    ],
)
def test_a_pin_out_of_range_says_the_range(admin_client, spot, field, value, words):
    data = {"placement": spot.pk, "item": make_item("a").pk, "kind": "pin", "factor": 1, field: value}
    assert words in admin_client.post(url("pin_add"), data).content.decode()


def test_the_pages_ask_the_database_as_often_for_many_pins_as_for_few(
    admin_client, spot, django_assert_max_num_queries
):
    def queries(page):
        with django_assert_max_num_queries(100) as asked:
            assert page().status_code == 200
        return len(asked)

    def look():
        return ask(admin_client, spot, products="a")

    def change():
        return admin_client.get(url("placement_change", spot.pk))

    Pin.objects.create(placement=spot, item=make_item("c"), kind="hide")
    few = queries(look), queries(change)
    for key in "defghi":
        Pin.objects.create(placement=spot, item=make_item(key), kind="hide")
    assert (queries(look), queries(change)) == few
