"""Staff read rules in words and decide of them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from recommendations.catalogue import Facts
from recommendations.models import (
    Artefact,
    ArtefactKind,
    ArtefactStatus,
    CampaignPeriod,
    Decision,
    LivePointer,
    Rule,
    RuleDecision,
    RuleStatus,
)
from recommendations.services import record
from tests.admin.conftest import live_rules, make_rule
from tests.factories import NOW, fold_all, make_item, make_order
from tests.services.artefacts import publish_items

LIST = "admin:recommendations_rule_changelist"


@pytest.fixture
def rules(db, stocked):
    return [make_rule("a", "b"), make_rule("a", "c", orders=20)]


def listed(client, **query):
    return client.get(reverse(LIST), query).context["cl"].result_list


def act(client, action, rules, **more):
    form = {"action": action, "_selected_action": [rule.pk for rule in rules], "index": 0, **more}
    return client.post(reverse(LIST), form, follow=True)


def test_a_rule_is_told_with_its_counts_and_what_chance_would_give(admin_client, rules):
    listed = admin_client.get(reverse(LIST)).content.decode()
    page = admin_client.get(reverse("admin:recommendations_rule_change", args=[rules[0].pk])).content.decode()

    assert "37 of the 210 orders with Product a also had Product b; chance would give 9" in listed
    assert "37 of the 210 orders with Product a also had Product b; chance would give 9" in page
    assert "1.76%" in page  # support
    assert "17.6%" in page  # confidence
    assert "4.11" in page  # lift
    assert "∞" in page  # conviction


def test_products_are_shown_as_the_shop_has_them_now(admin_client, rules, stocked):
    price = {"price": Decimal("2.50"), "currency": "EUR"}
    stocked.shelf["a"] = Facts(key="a", title="Tea", url="/", image="/tea.svg", stock=3, **price)
    stocked.shelf["b"] = Facts(key="b", title="Cup", url="/", stock=0)
    stocked.shelf["c"] = Facts(key="c", title="Pot", url="/", visible=False)

    page = admin_client.get(reverse(LIST)).content.decode()

    assert '<img src="/tea.svg" alt="" width="40" height="40" loading="lazy">' in page
    for words in ("2.50 EUR", "3 in stock", "sold out", "not to be seen in the shop"):
        assert f"<small>{words}</small>" in page


def test_rules_with_one_product_are_linked_from_it(admin_client, rules):
    second = rules[1].consequent_id

    assert f'href="{reverse(LIST)}?product={second}"' in admin_client.get(reverse(LIST)).content.decode()
    assert list(listed(admin_client, product=second)) == rules[1:]
    assert list(listed(admin_client, product=rules[0].antecedent_id)) == rules
    assert list(listed(admin_client, product="9" * 30)) == list(listed(admin_client, product="x")) == rules


def test_a_rule_is_told_by_version_the_newest_first(admin_client, rules):
    following = Artefact.objects.create(kind=ArtefactKind.RULES, status=ArtefactStatus.PUBLISHED)
    again = make_rule("a", "b", artefact=following, orders=50)

    page = admin_client.get(reverse("admin:recommendations_rule_change", args=[again.pk])).content.decode()

    assert page.index("<td>50 of 210 · 23.8%</td>") < page.index("<td>37 of 210 · 17.6%</td>")


def test_the_list_shows_the_live_version_unless_asked_for_another(admin_client, rules):
    earlier = Artefact.objects.create(kind=ArtefactKind.RULES, status=ArtefactStatus.PUBLISHED)
    old = make_rule("a", "d", artefact=earlier)

    assert list(listed(admin_client)) == rules
    assert list(listed(admin_client, version=earlier.pk)) == [old]
    LivePointer.objects.update(artefact=earlier)
    assert list(listed(admin_client)) == [old]
    assert list(listed(admin_client, version="nonsense")) == [old]


@pytest.mark.parametrize(
    ("action", "decision"),
    [
        ("approve", Decision.APPROVED),
        ("reject", Decision.REJECTED),
        ("freeze", Decision.FROZEN),
        ("boost", Decision.BOOSTED),
    ],
)
def test_staff_decide_with_a_note(admin_client, admin_user, rules, action, decision):
    make_order("a", "b")
    fold_all()
    page = act(admin_client, action, rules[:1], note="a classic <b>")

    decided = RuleDecision.objects.get()
    assert (decided.rule_key, decided.decision, decided.note) == (rules[0].key, decision, "a classic <b>")
    assert decided.decided_by == admin_user
    assert f"{decision.label} · admin · a classic &lt;b&gt;" in page.content.decode()


def test_a_later_decision_replaces_the_earlier_one_and_keeps_its_note_when_it_has_none(admin_client, rules):
    act(admin_client, "approve", rules, note="spring")
    act(admin_client, "reject", rules[:1])

    first, second = (RuleDecision.objects.get(rule_key=rule.key) for rule in rules)
    assert (first.decision, first.note) == (Decision.REJECTED, "spring")
    assert (second.decision, second.note) == (Decision.APPROVED, "spring")


def test_a_decision_holds_in_the_next_version(admin_client, rules):
    act(admin_client, "approve", rules[:1])
    following = Artefact.objects.create(kind=ArtefactKind.RULES, status=ArtefactStatus.PUBLISHED)
    LivePointer.objects.update(artefact=following)
    again = make_rule("a", "b", artefact=following)

    [row] = listed(admin_client)

    assert (row, row.decision.decision) == (again, Decision.APPROVED)


def test_a_decision_is_withdrawn(admin_client, rules):
    act(admin_client, "approve", rules)
    act(admin_client, "forget", rules[:1])

    assert [decision.rule_key for decision in RuleDecision.objects.all()] == [rules[1].key]


def test_rules_are_filtered_by_decision(admin_client, rules):
    act(admin_client, "approve", rules[:1])

    assert list(listed(admin_client, decision="approved")) == rules[:1]
    assert list(listed(admin_client, decision="none")) == rules[1:]
    assert list(listed(admin_client, decision="rejected")) == []


def test_a_rule_is_found_by_its_key(admin_client, rules):
    assert list(listed(admin_client, q=rules[1].key)) == rules[1:]


def test_who_may_only_look_decides_nothing(staff_client, rules):
    client = staff_client("view_rule", "view_ruledecision")

    act(client, "approve", rules)

    assert client.get(reverse(LIST)).status_code == 200
    assert not RuleDecision.objects.exists()


def test_a_decision_is_made_by_hand_for_a_time(admin_client, admin_user, rules, stocked):
    stocked.shelf["b"] = Facts(key="b", title="Cup & saucer", url="/")
    form = {
        "rule_key": rules[0].key,
        "decision": "boosted",
        "note": "",
        "starts_at_0": "2026-03-01",
        "starts_at_1": "00:00",
        "ends_at_0": "2026-04-01",
        "ends_at_1": "00:00",
    }

    answer = admin_client.post(reverse("admin:recommendations_ruledecision_add"), form)

    assert answer.status_code == 302
    decided = RuleDecision.objects.get()
    assert (decided.decided_by, decided.ends_at.month) == (admin_user, 4)
    page = admin_client.get(reverse("admin:recommendations_ruledecision_changelist")).content.decode()
    assert "Product a =&gt; Cup &amp; saucer" in page


@pytest.mark.parametrize(
    "wrong", [{"rule_key": "a=>b"}, {"ends_at_0": "2026-02-01", "ends_at_1": "00:00"}, {"decision": "loved"}]
)
def test_a_decision_that_makes_no_sense_is_refused(admin_client, rules, wrong):
    form = {"rule_key": rules[0].key, "decision": "boosted", "starts_at_0": "2026-03-01", "starts_at_1": "00:00"}

    assert admin_client.post(reverse("admin:recommendations_ruledecision_add"), form | wrong).status_code == 200
    assert not RuleDecision.objects.exists()


def test_a_rule_of_several_products_names_them_all(admin_client, rules):
    rule = make_rule("d", "e")
    Rule.objects.filter(pk=rule.pk).update(antecedent_2=rules[0].consequent)
    assert rule.artefact == live_rules()

    page = admin_client.get(reverse(LIST)).content.decode()

    assert "orders with Product d and Product b also had Product e" in page


def test_the_list_says_which_mine_it_rests_on(admin_client, rules):
    Artefact.objects.update(data_orders=2_100, metrics={"cutoff_p": 0.00012, "items": 9, "false_rules": 0.05})
    page = admin_client.get(reverse(LIST))

    version = rules[0].artefact
    assert f"from 2,100 orders ({version}). A pair is claimed at a p value of 0.00012 or less." in page.content.decode()
    nothing = admin_client.get(reverse(LIST), {"q": "nothing of the kind"}).content.decode()
    assert "Mined" not in nothing


def test_the_counts_of_now_stand_beside_those_of_the_mine(admin_client, rules):
    for number in range(7):
        make_order("a", "b", shopper=f"user:{number}", key=f"both-{number}")
        make_order("x", f"y-{number}")
    make_order("a")
    fold_all()
    Artefact.objects.update(metrics={"cutoff_p": 0.01, "items": 20, "false_rules": 0.05})
    assert "7 of 8 · holds" in admin_client.get(reverse(LIST)).content.decode()
    for number in range(5):
        record.cancel(order_key=f"both-{number}", key="c", at=NOW)
    fold_all()
    page = admin_client.get(reverse(LIST)).content.decode()
    assert "2 of 3 · no longer holds" in page
    assert "37 of the 210 orders with Product a also had Product b" in page


def test_a_rule_is_shown_within_campaigns_apart_from_other_days(admin_client, stocked):
    for number in range(6):
        at = NOW - timedelta(days=number)
        make_order("a", "b", at=at)
        make_order("a", *("b" if number in (2, 3) else "c"), at=at)
    fold_all()
    for name, first, last, mode in (("Double 11", 3, 2, "apart"), ("Gone", 20, 10, "apart"), ("Out", 9, 9, "left_out")):
        days = {"starts_on": NOW.date() - timedelta(days=first), "ends_on": NOW.date() - timedelta(days=last)}
        CampaignPeriod.objects.create(name=name, mode=mode, **days)
    rule = make_rule("a", "b")
    page = admin_client.get(reverse("admin:recommendations_rule_change", args=[rule.pk])).content.decode()
    assert "<td>Double 11</td>" in page
    assert "<td>4 of 4 · 100.0%</td><td>4 of 8 · 50.0%</td>" in page
    assert "<td>0 of 0</td><td>8 of 12 · 66.7%</td>" in page
    assert "<td>Out</td>" not in page


def test_a_rule_of_several_antecedents_is_counted_anew_on_its_own_page(admin_client, rules):
    third = make_item("c")
    rule = rules[0]
    Rule.objects.filter(pk=rule.pk).update(
        antecedent_2=third, key=f"{rule.antecedent_id},{third.pk}=>{rule.consequent_id}"
    )
    make_order("a", "b", "c")
    make_order("a", "c")
    make_order("a", "b")
    fold_all()
    assert "1 of 2" not in admin_client.get(reverse(LIST)).content.decode()
    page = admin_client.get(reverse("admin:recommendations_rule_change", args=[rule.pk])).content.decode()
    assert "1 of 2" in page


def test_held_rules_are_found_and_say_why(admin_client, rules):
    held, other = rules[:2]
    why = {"burst": {"orders": 280, "days": 7}, "few_accounts": {"each": 15.0, "usual": 1.1}}
    Rule.objects.filter(pk=held.pk).update(status=RuleStatus.HELD, hold_reasons=why)

    def listed(**asked):
        return [rule.pk for rule in admin_client.get(reverse(LIST), asked).context["cl"].result_list]

    page = admin_client.get(reverse(LIST), {"review": "waiting"}).content.decode()
    assert "280 of its orders fell within 7 days, more than what was sold then explains" in page
    assert "its shoppers ordered it 15.0 times each; 1.1 times is usual" in page
    assert listed(review="waiting") == listed(review="held") == [held.pk]
    assert other.pk in listed(review="published")
    assert held.pk not in listed(review="published")
    admin_client.post(
        reverse(LIST), {"action": "approve", "select_across": 0, "index": 0, "_selected_action": [held.pk]}
    )
    assert listed(review="waiting") == []
    assert listed(review="held") == [held.pk]
    assert Rule.objects.served(timezone.now()).filter(pk=held.pk).exists()


def test_rules_are_filtered_by_kind_and_told_in_its_words(admin_client, rules):
    viewed = make_rule("a", "d", kind="viewed_together")
    substitute = make_rule("a", "e", kind="substitute", orders=0)

    assert list(listed(admin_client, kind__exact="viewed_together")) == [viewed]
    assert set(listed(admin_client, kind__exact="complement")) == set(rules)
    page = admin_client.get(reverse(LIST)).content.decode()
    assert "37 of the 210 visitors who viewed Product a also viewed Product d; chance would give 9" in page
    assert "Product a and Product e are bought in place of each other: 0 orders with both; chance would give 9" in page

    act(admin_client, "approve", [substitute])
    page = admin_client.get(reverse("admin:recommendations_ruledecision_changelist")).content.decode()
    assert "Product a =&gt; Product e" in page
    assert "bought instead of each other" in page


@pytest.mark.parametrize(
    ("key", "status"), [("substitute:1=>2", 302), ("rumour:1=>2", 200), ("substitute:1,2=>3", 200), ("1,2,3=>4", 302)]
)
def test_a_decision_by_hand_names_a_kind_that_there_is(admin_client, key, status):
    form = {"rule_key": key, "decision": "rejected", "note": ""}

    assert admin_client.post(reverse("admin:recommendations_ruledecision_add"), form).status_code == status


def test_what_is_viewed_has_a_page_without_counts_of_now(admin_client, rules):
    make_order("a", "d")
    fold_all()
    viewed = make_rule("a", "d", kind="viewed_then_bought")

    page = admin_client.get(reverse("admin:recommendations_rule_change", args=[viewed.pk])).content.decode()

    assert "37 of the 210 visitors who viewed Product a also bought Product d" in page
    assert "viewed, then bought" in page
    assert "1 of 1" not in page


def test_rules_are_filtered_by_the_category_of_either_product(admin_client, rules, settings, tmp_path):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "STORE_DIR": str(tmp_path)}
    other = make_rule("d", "c")
    assert 'name="category"' not in admin_client.get(reverse(LIST)).content.decode()
    categories = {"a": "tea", "b": "cups", "c": "tea & more"}
    publish_items({key: {"category": name} for key, name in categories.items()})

    page = admin_client.get(reverse(LIST), {"category": "cups", "decision": "none"}).content.decode()
    assert '<option value="tea &amp; more"></option>' in page
    assert '<input type="hidden" name="decision" value="none">' in page
    assert list(listed(admin_client, category="cups")) == rules[:1]
    assert set(listed(admin_client, category="tea & more")) == {rules[1], other}
    assert set(listed(admin_client, category="tea")) == set(rules)
    assert list(listed(admin_client, category="nothing")) == []
