"""Staff ask for jobs and see what became of them."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from recommendations.models import JobKind, JobRun, JobState
from recommendations.services import counting, jobs
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
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)

    assert press(client, "mine").status_code == 403
    assert not JobRun.objects.exists()


def test_progress_and_errors_are_shown_as_text(admin_client, db):
    run = jobs.request(JobKind.MINE, slot="sequence-1")[0]
    lease = jobs.claim(run.pk, now=NOW)
    lease.progress(0.4, "counting <b>")

    page = admin_client.get(reverse(LIST)).content.decode()
    assert '<progress value="40" max="100"></progress> 40% counting &lt;b&gt;' in page

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
