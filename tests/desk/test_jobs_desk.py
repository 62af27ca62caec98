"""Staff at the desk of jobs: run, watch, cancel; try other parameters before they are saved."""

import re
from collections.abc import Iterator

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone
from playwright.sync_api import expect

from recommendations.models import JobKind, JobRun, JobState, Parameters
from recommendations.services import job_log, jobs
from recommendations.services.perform import perform
from tests.browser import in_thread
from tests.looks import overflow, photograph, violations

pytestmark = pytest.mark.browser

DESK = "/admin/recommendations/jobrun/"
MINING = f"{DESK}parameters/mining/"
NARROW = {"width": 375, "height": 800}
LANGUAGES = {"en": "en", "zh-hans": "zh-CN"}


@pytest.fixture
def enter(staff) -> Iterator:
    """As `staff`; what a test asked for in the background goes with it."""
    in_thread(forget)
    yield staff
    in_thread(forget)


def forget():
    JobRun.objects.all().delete()
    Parameters.objects.all().delete()
    LogEntry.objects.all().delete()


def claim(kind):
    return jobs.claim(JobRun.objects.open().get(kind=kind).pk, now=timezone.now())


def tell(lease, fraction, message):
    with job_log.kept(lease.job_id) as line:
        lease.progress(fraction, message)
        line(message)


def test_a_run_is_asked_for_once_watched_and_cancelled_without_a_reload(enter):
    page = enter("view_jobrun", "run_jobrun")
    page.goto(DESK)
    for _ in range(2):
        page.get_by_role("button", name="Mine now").click()
    expect(page.locator(".messagelist")).to_contain_text("waiting or at work already")
    assert in_thread(JobRun.objects.filter(kind=JobKind.MINE).count) == 1
    assert in_thread(LogEntry.objects.count) == 1

    row = page.locator("#result_list tbody tr")
    expect(row).to_contain_text("queued")
    lease = in_thread(claim, JobKind.MINE)
    in_thread(tell, lease, 0.4, "1,234 pairs in at least 5 orders")
    expect(row).to_contain_text("running")
    expect(row).to_contain_text("40% 1,234 pairs in at least 5 orders")
    photograph(page, "jobs-en")

    row.locator("a").first.click()
    expect(page.locator("[data-basketry-log] tbody tr")).to_have_count(1)
    in_thread(tell, lease, 0.7, "3 rules of <img src=x onerror=alert(1)>")
    expect(page.locator("[data-basketry-log] tbody tr")).to_have_count(2)
    expect(page.locator("[data-basketry-log]")).to_contain_text("<img src=x")
    assert page.locator("progress").get_attribute("value") is not None
    expect(page.locator("[data-basketry-part=progress]")).to_contain_text("70%")
    assert violations(page, within="#content") == []
    photograph(page, "job-log-en")

    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("[data-basketry-part=state]")).to_have_text("skipped")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    assert in_thread(JobRun.objects.get).state == JobState.SKIPPED


def test_a_run_that_ends_says_so_on_the_open_page_and_is_cancelled_from_the_list(enter):
    page = enter(locale="zh-CN", viewport=NARROW)
    run = in_thread(jobs.request, JobKind.MINE, slot="x")[0]
    lease = in_thread(jobs.claim, run.pk, now=timezone.now())
    in_thread(tell, lease, 0.4, "distinct shoppers counted")
    page.goto(f"{DESK}{run.pk}/change/")
    photograph(page, "job-log-zh-hans-375")
    in_thread(lease.done, {"artefact": 7, "rules": 12, "pairs_considered": 40, "pairs_held": 0})
    result = page.locator("[data-basketry-part=result]")
    expect(result).to_contain_text("12")
    expect(page.locator("[data-basketry-part=open]")).to_be_hidden()
    assert overflow(page) == []

    waiting = in_thread(jobs.request, JobKind.TRAIN, slot="x")[0]
    page.goto(DESK)
    photograph(page, "jobs-zh-hans-375")
    page.locator(f"[data-basketry-run='{waiting.pk}'] button").click()
    expect(page.locator(f"[data-basketry-run='{waiting.pk}'][data-basketry-part=open]")).to_have_count(0)
    waiting = in_thread(JobRun.objects.get, pk=waiting.pk)
    assert waiting.state == JobState.SKIPPED


@pytest.mark.parametrize("language", LANGUAGES)
def test_parameters_are_refused_previewed_and_saved(enter, language):
    page = enter("view_jobrun", "run_jobrun", locale=LANGUAGES[language])
    page.goto(MINING)
    assert page.locator("html").get_attribute("lang") == language
    photograph(page, f"parameters-{language}")
    orders = page.locator("[name=MIN_RULE_ORDERS]")
    orders.fill("1")
    page.locator("button[name=save]").click()
    refused = page.locator(".form-row.errors")
    expect(refused).to_have_count(1)
    expect(refused).to_contain_text("1000")
    assert not in_thread(Parameters.objects.exists)

    page.locator("[name=MIN_RULE_ORDERS]").fill("8")
    page.locator("button[name=preview]").click()
    expect(page.locator("#preview [data-basketry-part=open]")).to_be_visible()
    in_thread(lambda: perform(claim(JobKind.PREVIEW)))
    expect(page.locator("#preview [data-basketry-part=result] p").first).to_contain_text(re.compile(r"\d"))
    expect(page.locator("#preview [data-basketry-part=result]")).to_contain_text("%")
    expect(page.locator("#preview [data-basketry-part=open]")).to_be_hidden()
    assert page.locator("[name=MIN_RULE_ORDERS]").input_value() == "8"
    assert violations(page, within="#content") == []
    photograph(page, f"parameters-preview-{language}")

    page.locator("button[name=save]").click()
    expect(page.locator(".messagelist")).to_be_visible()
    assert in_thread(Parameters.objects.get).values == {"MIN_RULE_ORDERS": 8}
    page.set_viewport_size(NARROW)
    assert overflow(page) == []
    photograph(page, f"parameters-{language}-375")


def test_who_may_only_look_changes_nothing(enter):
    page = enter("view_jobrun")
    page.goto(DESK)
    assert page.locator(".object-tools").get_by_role("button").count() == 0
    assert page.goto(MINING).status == 403
    assert enter("view_order").goto(DESK).status == 403
