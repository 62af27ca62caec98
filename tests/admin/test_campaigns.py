"""Staff set campaign days, and the counts follow by a recount."""

import pytest
from django.urls import reverse

from recommendations.models import CampaignPeriod, JobKind, JobRun
from recommendations.services import recount
from tests.factories import NOW, fold_all, make_order

LIST = "admin:recommendations_campaignperiod_changelist"
ADD = "admin:recommendations_campaignperiod_add"


@pytest.fixture
def counted(stocked):
    make_order("a", "b")
    fold_all()


def days(**changed):
    return {"name": "Double 11", "starts_on": "2025-11-10", "ends_on": "2025-11-12", "mode": "left_out", **changed}


def test_days_that_are_left_out_ask_for_a_recount(admin_client, counted):
    page = admin_client.post(reverse(ADD), days(), follow=True).content.decode()
    assert "A recount is requested" in page
    run = JobRun.objects.get()
    assert (run.kind, run.slot, run.requested_by) == (JobKind.RECOUNT, "after-generation-1", "admin")
    found = admin_client.get(reverse(LIST), {"q": "double"}).context["cl"].result_list
    assert [period.name for period in found] == ["Double 11"]


def test_days_that_are_only_shown_apart_change_no_counts(admin_client, counted):
    page = admin_client.post(reverse(ADD), days(mode="apart"), follow=True).content.decode()
    assert "A recount is requested" not in page
    assert CampaignPeriod.objects.exists()
    assert not JobRun.objects.exists()


@pytest.mark.parametrize("one", [True, False])
def test_days_that_are_deleted_before_they_were_counted_leave_the_counts_as_they_are(admin_client, counted, one):
    period = CampaignPeriod.objects.create(name="x", starts_on=NOW.date(), ends_on=NOW.date())
    fold_all()
    form = {"action": "delete_selected", "_selected_action": [period.pk], "post": "yes"}
    if one:
        address, form = reverse("admin:recommendations_campaignperiod_delete", args=[period.pk]), {"post": "yes"}
    else:
        address = reverse(LIST)
    assert admin_client.post(address, form).status_code == 302
    assert not CampaignPeriod.objects.exists()
    assert not JobRun.objects.exists()


def test_days_that_are_deleted_after_they_were_left_out_ask_for_a_recount(admin_client, counted):
    period = CampaignPeriod.objects.create(name="x", starts_on=NOW.date(), ends_on=NOW.date())
    recount.rebuild(now=NOW)
    address = reverse("admin:recommendations_campaignperiod_delete", args=[period.pk])
    assert "A recount is requested" in admin_client.post(address, {"post": "yes"}, follow=True).content.decode()
    assert JobRun.objects.get().slot == "after-generation-2"


def test_days_that_end_before_they_begin_are_refused(admin_client, counted):
    page = admin_client.post(reverse(ADD), days(ends_on="2025-11-09")).content.decode()
    assert "The last day must not be before the first." in page
    assert not CampaignPeriod.objects.exists()
