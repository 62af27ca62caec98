"""Staff ask for jobs and see what became of them."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from recommendations.models import JobKind, JobRun, JobState, Order, Parameters
from recommendations.services import counting, job_log, jobs
from recommendations.services.perform import perform
from tests.factories import NOW, fold_all, make_order

LIST = "admin:recommendations_jobrun_changelist"


def press(client, name, **options):
    return client.post(reverse("admin:recommendations_jobrun_press", args=[name]), **options)


@pytest.mark.parametrize(
    ("button", "kind"), [("mine", JobKind.MINE), ("train", JobKind.TRAIN), ("refresh", JobKind.REFRESH)]
)
def test_fifty_clicks_are_one_run(admin_client, stocked, button, kind):
    make_order("a", "b")
    fold_all()

    answers = [press(admin_client, button) for _ in range(50)]

    assert {answer.status_code for answer in answers} == {302}
    run = JobRun.objects.get()
    assert (run.kind, run.slot, run.state, run.requested_by) == (kind, "sequence-1", JobState.QUEUED, "admin")
    assert (LogEntry.objects.get().object_id, LogEntry.objects.get().action_flag) == (str(run.pk), 1)


def test_the_answer_says_what_came_of_the_click(admin_client, db):
    def answer():
        return press(admin_client, "mine", follow=True).content.decode()

    assert "Requested: mine rules" in answer()
    assert "a run is waiting or at work already" in answer()
    run = JobRun.objects.get()
    jobs.claim(run.pk, now=NOW).done({})
    assert "there is nothing to do" in answer()
    JobRun.objects.update(state=JobState.FAILED, attempts=3)
    assert "failed 3 times" in answer()


def test_the_buttons_are_for_those_who_may(staff_client):
    client = staff_client("view_jobrun")

    assert "Mine now" not in client.get(reverse(LIST)).content.decode()
    assert press(client, "mine").status_code == 403
    assert not JobRun.objects.exists()


def test_a_button_is_pressed_never_merely_visited(admin_client, db):
    address = reverse("admin:recommendations_jobrun_press", args=["mine"])

    assert "Mine now" in admin_client.get(reverse(LIST)).content.decode()
    assert admin_client.get(address).status_code == 405
    assert press(admin_client, "unheard-of").status_code == 403
    assert not JobRun.objects.exists()


def test_a_press_from_another_site_is_refused(admin_user, db):
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)

    assert press(client, "mine").status_code == 403
    assert not JobRun.objects.exists()


def test_progress_and_errors_are_shown_as_text(admin_client, db):
    run = jobs.request(JobKind.MINE, slot="sequence-1")[0]
    lease = jobs.claim(run.pk, now=NOW)
    lease.progress(0.4, "counting <b>")

    page = admin_client.get(reverse(LIST)).content.decode()
    assert (
        '<progress value="40" max="100" aria-label="progress"></progress> <span>40% counting &lt;b&gt;</span>' in page
    )

    lease.fail("Traceback\n  somewhere\nZeroDivisionError: <by nought>")
    page = admin_client.get(reverse(LIST)).content.decode()
    assert "ZeroDivisionError: &lt;by nought&gt;" in page
    assert "Traceback" not in page
    page = admin_client.get(reverse("admin:recommendations_jobrun_change", args=[run.pk])).content.decode()
    assert "Traceback\n  somewhere\nZeroDivisionError: &lt;by nought&gt;" in page


def test_what_a_recount_left_out_is_told_in_words(admin_client, db):
    run = jobs.request(JobKind.RECOUNT, slot="x")[0]
    page = reverse("admin:recommendations_jobrun_change", args=[run.pk])
    assert admin_client.get(page).status_code == 200
    result = {"orders": 7, "orders_left_out": {"campaign": 1234}, "lines_left_out": {"duplicate": 3}}
    jobs.claim(run.pk, now=NOW).done(result)
    told = admin_client.get(page).content.decode()
    assert "<td>orders</td><td>within a campaign that is left out</td><td>1,234</td>" in told
    assert "<td>order lines</td><td>one more line of the same item</td><td>3</td>" in told


def test_given_up_jobs_can_be_tried_again(admin_client, db):
    run = jobs.request(JobKind.MINE, slot="sequence-1")[0]
    JobRun.objects.filter(pk=run.pk).update(state=JobState.FAILED, attempts=3)
    assert "1 job is tried again" in press(admin_client, "retry", follow=True).content.decode()
    run.refresh_from_db()
    assert (run.state, run.attempts) == (JobState.QUEUED, 0)
    assert LogEntry.objects.get().object_id == str(run.pk)
    assert "No kind" in press(admin_client, "retry", follow=True).content.decode()


def test_quarantined_orders_can_be_counted_again(admin_client, stocked):
    order = make_order("a", "b")
    counting.quarantine(order.pk, ValueError("unreadable"))
    address = reverse("admin:recommendations_order_press", args=["again"])
    page = admin_client.get(reverse("admin:recommendations_order_change", args=[order.pk])).content.decode()
    assert "ValueError: unreadable" in page
    assert "1 order is counted again" in admin_client.post(address, follow=True).content.decode()
    fold_all()
    order.refresh_from_db()
    assert (order.counted, order.quarantine_reason) == ("counted", "")


def test_orders_of_one_channel_are_listed_apart(admin_client, stocked):
    for channel in ("web", "app", "app"):
        make_order("a", channel=channel)
    address = reverse("admin:recommendations_order_changelist")
    page = admin_client.get(address).content.decode()
    assert "?channel=app" in page
    assert "?channel=web" in page
    found = admin_client.get(address, {"channel": "app"}).context["cl"].result_list
    assert [order.channel for order in found] == ["app", "app"]


PAGES = {"mining": "/admin/recommendations/jobrun/parameters/mining/"}
PAGES["training"] = PAGES["mining"].replace("mining", "training")
LIVE = "admin:recommendations_jobrun_live"


def at(name, *args):
    return reverse(f"admin:recommendations_jobrun_{name}", args=args)


@pytest.fixture
def running(db):
    """A run at work that told two lines, and its lease."""
    lease = jobs.claim(jobs.request(JobKind.MINE, slot="sequence-1", requested_by="anna")[0].pk, now=timezone.now())
    with job_log.kept(lease.job_id) as tell:
        tell("7 pairs in at least 5 orders")
        lease.progress(0.5, "distinct shoppers counted")
        tell("<b>")
    return lease


def test_what_moves_is_told_as_json_with_the_lines_that_are_new(staff_client, running):
    client = staff_client("view_jobrun")
    told = client.get(reverse(LIVE), {"ids": running.job_id, "after": 0}).json()
    (run,) = told["runs"]
    assert (run["open"], run["state"], run["percent"], run["progress"]) == (
        True,
        "running",
        50,
        "50% distinct shoppers counted",
    )
    assert [line["text"] for line in told["lines"]] == ["7 pairs in at least 5 orders", "<b>"]
    newest = told["lines"][-1]["id"]
    running.done({"artefact": 3, "rules": 12, "pairs_considered": 40, "pairs_held": 1, "data_orders": 99})
    told = client.get(reverse(LIVE), {"ids": running.job_id, "after": newest}).json()
    assert told["lines"] == []
    assert not told["runs"][0]["open"]
    assert told["runs"][0]["result"] == ["Published as version 3: 12 rules of 40 pairs; 1 pairs wait for staff."]
    for asked in ({}, {"ids": "x,9" + "9" * 30}, {"ids": "0", "after": "-1"}):
        assert client.get(reverse(LIVE), asked).json() == {"runs": [], "lines": []}


def test_the_page_of_a_run_shows_its_log_result_and_parameters_without_a_script(admin_client, running):
    page = admin_client.get(at("change", running.job_id)).content.decode()
    assert "7 pairs in at least 5 orders" in page
    assert "&lt;b&gt;" in page
    assert f'data-basketry-live="{reverse(LIVE)}?ids={running.job_id}"' in page
    running.ran_with({"MIN_RULE_ORDERS": 7, "MINE_VIEWS": False})
    running.done({"artefact": 3, "rules": 12, "data_orders": 99})
    page = admin_client.get(at("change", running.job_id)).content.decode()
    assert "<td>fewest orders of a rule</td><td>7</td>" in page
    assert "<td>what is viewed</td><td>off</td>" in page
    assert "Published as version 3" in page
    assert "99 orders" in page
    assert "data-basketry-live" not in page


def test_a_run_is_cancelled_and_tried_again_with_an_entry_each(admin_client, running):
    assert admin_client.get(at("cancel", running.job_id)).status_code == 405
    assert admin_client.post(at("cancel", running.job_id)).url == at("change", running.job_id)
    assert JobRun.objects.get().state == JobState.SKIPPED
    assert admin_client.post(at("cancel", running.job_id) + "?list").url == reverse(LIST)
    assert admin_client.post(at("again", running.job_id)).status_code == 302
    run = JobRun.objects.get()
    assert (run.state, run.attempts) == (JobState.QUEUED, 0)
    admin_client.post(at("again", running.job_id))
    assert LogEntry.objects.count() == 2
    assert admin_client.post(at("cancel", 10**12)).status_code == 404


def test_who_may_only_look_finds_no_button_and_is_refused(staff_client, running):
    client = staff_client("view_jobrun")
    for address in (reverse(LIST), at("change", running.job_id)):
        page = client.get(address).content.decode()
        assert "Cancel" not in page
        assert "Parameters of mining" not in page
    for address in (at("cancel", running.job_id), at("again", running.job_id), *PAGES.values()):
        assert client.post(address, {"save": ""}).status_code == 403
        assert client.get(address).status_code == 403
    assert JobRun.objects.get().state == JobState.RUNNING
    assert not Parameters.objects.exists()


def test_whether_a_worker_is_there_is_said_above_the_list(admin_client, stocked, django_assert_max_num_queries):
    def told():
        return [words for words, _ in admin_client.get(reverse(LIST)).context["told"]]

    assert told() == ["No worker has run anything yet.", "Every order is counted."]
    run, _ = jobs.request(JobKind.MINE, slot="x")
    assert told()[1] == "1 job waits; the oldest, mine rules, since 0\xa0minutes."
    JobRun.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    assert told()[0] == "No worker takes up what waits: is one running?"
    lease = jobs.claim(run.pk, now=timezone.now())
    lease.progress(0.2, "half")
    assert told()[:2] == ["A worker is at work.", "At work: mine rules, 20% half"]
    lease.done({})
    assert "the last sign of life 0" in told()[0]
    make_order("a", "b")
    Order.objects.update(changed_at=timezone.now() - timedelta(hours=2))
    assert told()[0] == "No worker takes up what waits: is one running?"
    assert "2\xa0hours ago" in told()[1]
    with django_assert_max_num_queries(13):
        admin_client.get(reverse(LIST))


def values_of(client, desk):
    form = client.get(PAGES[desk]).context["form"]
    return {name: value for name, value in form.initial.items() if value is not False}


@pytest.mark.parametrize(("desk", "name"), [("mining", "MIN_RULE_ORDERS"), ("training", "TRAIN_EPOCHS")])
def test_parameters_are_saved_and_given_back_with_their_history(admin_client, db, desk, name):
    values = values_of(admin_client, desk)
    assert admin_client.post(PAGES[desk], {**values, name: 3, "save": ""}).url == PAGES[desk]
    assert Parameters.objects.get().values == {name: 3}
    page = admin_client.get(PAGES[desk])
    assert page.context["form"].initial[name] == 3
    (change,) = page.context["changes"]
    assert (change["by"].username, change["before"], change["after"]) == ("admin", "as the shop's settings say", "3")
    admin_client.post(PAGES[desk], {"reset": ""})
    assert Parameters.objects.get().values == {}
    assert LogEntry.objects.count() == 2


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("1", "fewest orders of a rule must be a whole number from 2 to 1000."),
        ("", "fewest orders of a rule must be a whole number from 2 to 1000."),
        ("2.5", "fewest orders of a rule must be a whole number from 2 to 1000."),
        ("<b>", "fewest orders of a rule must be a whole number from 2 to 1000."),
    ],
)
def test_a_value_out_of_range_is_refused_beside_its_field(admin_client, db, value, words):
    values = {**values_of(admin_client, "mining"), "MIN_RULE_ORDERS": value}
    for pressed in ("save", "preview", "run"):
        answer = admin_client.post(PAGES["mining"], {**values, pressed: ""})
        assert answer.status_code == 200
        assert words in answer.content.decode()
    assert not Parameters.objects.exists()
    assert not JobRun.objects.exists()


def test_a_preview_is_asked_for_shown_and_saved(admin_client, stocked):
    make_order("a", "b")
    fold_all()
    values = {**values_of(admin_client, "mining"), "MIN_RULE_ORDERS": 3}
    asked = admin_client.post(PAGES["mining"], {**values, "preview": ""}).url
    run = JobRun.objects.get(kind=JobKind.PREVIEW)
    assert f"?preview={run.pk}" in asked
    page = admin_client.get(asked)
    assert page.context["form"].initial["MIN_RULE_ORDERS"] == 3
    assert "data-basketry-live" in page.content.decode()
    perform(jobs.claim(run.pk, now=timezone.now()))
    page = admin_client.get(asked).content.decode()
    assert "With these: 0 rules; now there are 0. 0 come, 0 go." in page
    assert "0% of the 1 newest orders" in page
    assert admin_client.get(PAGES["mining"], {"preview": "9" * 30}).status_code == 200
    admin_client.post(PAGES["mining"], {**values, "run": ""})
    assert Parameters.objects.get().values == {"MIN_RULE_ORDERS": 3}
    assert JobRun.objects.get(kind=JobKind.MINE).slot == "sequence-1-parameters-1"
    JobRun.objects.filter(kind=JobKind.MINE).update(state=JobState.RUNNING)
    answer = admin_client.post(PAGES["mining"], {**values, "MIN_RULE_ORDERS": 4, "run": ""}, follow=True)
    assert "Saved. mine rules: a run is waiting or at work already." in answer.content.decode()


def test_the_desk_costs_the_same_whatever_its_history(admin_client, running, django_assert_max_num_queries):
    JobRun.objects.bulk_create(JobRun(kind=JobKind.PRUNE, slot=f"{n}", state=JobState.DONE) for n in range(60))
    with django_assert_max_num_queries(8):
        admin_client.get(at("change", running.job_id))
    with django_assert_max_num_queries(8):
        admin_client.get(PAGES["mining"])
    with django_assert_max_num_queries(4):
        admin_client.get(reverse(LIVE), {"ids": running.job_id, "after": 0})


@pytest.mark.django_db(transaction=True)
@pytest.mark.sql
def test_two_clicks_at_once_are_one_run_and_one_entry(admin_user):
    together = threading.Barrier(2)

    def click(_number):
        client = Client()
        client.force_login(admin_user)
        try:
            together.wait()
            return press(client, "mine").status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(click, range(2))) == [302, 302]
    assert JobRun.objects.get().state == JobState.QUEUED
    assert LogEntry.objects.count() == 1
