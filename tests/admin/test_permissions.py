"""Every address of the plugin's admin, every action and every button is shut without its permission, open with it."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.test import RequestFactory
from django.urls import reverse

from recommendations.admin.buttons import ButtonAdmin
from recommendations.models import (
    Amendment,
    BrowseLog,
    CampaignPeriod,
    CategoryBan,
    Impression,
    ManualRule,
    Order,
    Pin,
    Placement,
    Rating,
    RuleDecision,
    Shopper,
)
from tests.admin.test_base import MODELS

OWN = {CampaignPeriod, CategoryBan, Pin, Placement}
"""What staff add, change and delete by Django's own permissions."""
DECIDED = {ManualRule, RuleDecision}
"""What staff add, change and delete who may decide of rules."""
PERSONAL = {BrowseLog, Impression, Rating, Shopper}
SEE = {"see_personal_data"}
DECIDE = {"decide_rule"}
NOBODY = None

ROWS = ("changelist", "add", "history", "delete", "change")
"""The pages that Django gives a model, by the end of their URL's name."""

DECISIONS = ("decide_with_dates", "approve", "reject", "hide_this_weekend", "freeze", "boost", "forget")
ACTIONS = {**dict.fromkeys(DECISIONS, "decide_rule"), "keep_apart": "add_categoryban"}

BUTTONS = {
    "mine": "run_jobrun",
    "train": "run_jobrun",
    "refresh": "run_jobrun",
    "retry": "run_jobrun",
    "again": "run_jobrun",
}


def needs(model, page):
    """What opens a page of rows: of each set one permission. NOBODY: it is shut for all."""
    name = model._meta.model_name
    if model in DECIDED:
        looks = {f"view_{name}", *({"change_manualrule"} if model is ManualRule else ()), *DECIDE}
        return [looks] if page in ("changelist", "history", "change") else [DECIDE]
    if page in ("changelist", "history", "change"):
        personal = [SEE] if model in PERSONAL else []
        return [{f"view_{name}", f"change_{name}"}, *personal]
    return [{f"{page}_{name}"}] if model in OWN else NOBODY


def addresses():
    """Each address of the plugin's admin, as (model, name of the page, converters of its route, what opens it)."""
    for model in MODELS:
        model_admin = admin.site._registry[model]
        beside = {page.name: page for page in model_admin.pages()}
        for pattern in model_admin.get_urls():
            if pattern.name is None:
                continue  # Django's redirect of addresses of old to the page of a row
            page = pattern.name.removeprefix(f"{model._meta.app_label}_{model._meta.model_name}_")
            if page == "press":
                assert isinstance(model_admin, ButtonAdmin)
            elif page in beside:
                codename = beside[page].permission.rpartition(".")[2]
                also = [SEE] if (model, page) == (Shopper, "erase") else []
                yield model, page, pattern.pattern.converters, [{codename}, *also]
            else:
                assert page in ROWS, f"{pattern.name} has no guard that is known here: make it a Page or a Button"
                yield model, page, pattern.pattern.converters, needs(model, page)


ADDRESSES = list(addresses())


@pytest.fixture
def staff(db, client, django_user_model):
    """The client of a member of staff, and what gives this person just these permissions."""
    user = django_user_model.objects.create_user("staff", is_staff=True)
    client.force_login(user)
    own = Permission.objects.filter(content_type__app_label__in=["recommendations", "admin"])
    every = dict(own.values_list("codename", "pk"))

    def may(codenames):
        user.user_permissions.set([every[name] for name in codenames])
        return client

    may.every = frozenset(every)
    return may


def address_of(model, page, converters):
    rows = {"object_id": model._default_manager.order_by("-pk").values_list("pk", flat=True).first()}
    args = {name: rows.get(name) or (1 if kind.regex == "[0-9]+" else "x") for name, kind in converters.items()}
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", kwargs=args)


def test_every_address_is_shut_without_its_permission(staff, furnish):
    furnish(1)
    shut = [
        (address_of(model, page, converters), alternatives)
        for model, page, converters, wanted in ADDRESSES
        for alternatives in wanted or [set()]
    ]
    assert [one for one in shut if staff(staff.every - one[1]).get(one[0]).status_code != 403] == []
    assert len(ADDRESSES) >= 5 * len(MODELS)


def test_every_address_is_open_with_its_permission_alone(staff, furnish):
    furnish(1)
    opened = [
        (address_of(model, page, converters), {one, *(min(other) for other in wanted if one not in other)})
        for model, page, converters, wanted in ADDRESSES
        for one in set().union(*(wanted or []))
    ]
    assert [one for one in opened if staff(one[1]).get(one[0]).status_code in (302, 403)] == []


def test_who_is_no_staff_is_sent_to_the_login(db, client, django_user_model, furnish):
    furnish(1)
    client.force_login(django_user_model.objects.create_user("customer", is_superuser=True))
    for model, page, converters, _ in ADDRESSES:
        answer = client.get(address_of(model, page, converters))
        assert answer.status_code == 302
        assert "/login/" in answer["Location"]


def test_each_button_is_for_those_with_its_permission(staff, furnish):
    furnish(1)
    pressed = {}
    for model in MODELS:
        model_admin = admin.site._registry[model]
        for button in model_admin.buttons() if isinstance(model_admin, ButtonAdmin) else ():
            codename = button.permission.removeprefix("recommendations.")
            pressed[button.name] = codename
            address = reverse(f"admin:recommendations_{model._meta.model_name}_press", args=[button.name])
            assert staff(staff.every - {codename}).post(address).status_code == 403
            assert staff({codename}).post(address).status_code == 302
    assert {name: pressed.get(name) for name in BUTTONS} == BUTTONS


def offered(model, codenames, staff):
    """The actions in the list of these rows to whoever has these permissions."""
    staff(codenames)
    request = RequestFactory().get("/")
    request.user = User.objects.get(username="staff")
    return set(admin.site._registry[model].get_actions(request))


def test_each_action_is_for_those_with_its_permission(staff, furnish):
    furnish(1)
    for model in MODELS:
        view = f"view_{model._meta.model_name}"
        every = offered(model, staff.every, staff)
        assert ("delete_selected" in every) is (model in OWN | DECIDED)
        assert offered(model, {view}, staff) == set(), model
        for action in every:
            deletes = "decide_rule" if model in DECIDED else f"delete_{model._meta.model_name}"
            codename = deletes if action == "delete_selected" else ACTIONS[action]
            assert action not in offered(model, staff.every - {codename}, staff), (model, action)
            assert action in offered(model, {codename, view}, staff), (model, action)


@pytest.mark.parametrize("model", [Order, Amendment], ids=lambda model: model.__name__)
def test_a_shopper_is_no_part_of_an_order_for_who_may_not_see_persons(staff, furnish, model):
    furnish(2)
    name = model._meta.model_name
    lists = reverse(f"admin:recommendations_{name}_changelist")
    rows = model.objects.filter(shopper__key="user:1")
    own = address_of(model, "change", {"object_id": None})
    by_id = {"shopper__id__exact": Shopper.objects.get(key="user:1").pk}

    client = staff({f"view_{name}"})
    assert client.get(lists).status_code == 200
    assert "user:1" not in client.get(lists).content.decode()
    assert "user:1" not in client.get(own).content.decode()
    assert list(client.get(lists, {"q": "user:1"}).context["cl"].result_list) == []
    assert client.get(lists, by_id).status_code in (302, 400)

    client = staff({f"view_{name}", *SEE})
    assert "user:1" in client.get(lists).content.decode()
    assert set(client.get(lists, {"q": "user:1"}).context["cl"].result_list) == set(rows)
    assert set(client.get(lists, by_id).context["cl"].result_list) == set(rows)
