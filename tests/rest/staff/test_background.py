"""Jobs, versions and readiness by the API."""

import pytest
from django.utils import timezone

from recommendations import store
from recommendations.exceptions import LeaseLost
from recommendations.models import ArtefactKind, JobKind, JobRun, Strategy
from recommendations.services import jobs
from tests.factories import fold_all, make_order, tiny_network

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

JOBS, ARTEFACTS = "/api/v1/jobs/", "/api/v1/artefacts/"


@pytest.fixture
def staff(client_with):
    return client_with(
        "view_jobrun", "add_jobrun", "change_jobrun", "view_artefact", "publish_artefact", "roll_back_artefact"
    )


@pytest.fixture
def own_store(settings, tmp_path):
    """A folder of its own, and nothing remembered of its broken files."""
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "STORE_DIR": str(tmp_path)}
    store._loaded.clear()
    yield tmp_path
    store._loaded.clear()


def post(client, url, body=None):
    return client.post(url, body or {}, content_type="application/json")


def test_a_job_asked_for_twice_is_one_run_and_one_entry(staff, logged):
    first, second = post(staff, JOBS, {"kind": "mine"}), post(staff, JOBS, {"kind": "mine"})
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"] == JobRun.objects.get().pk
    assert first.json()["requested_by"].startswith("server-")
    assert len(logged()) == 1
    assert staff.get(JOBS, {"kind": "mine", "state": "queued"}).json()["results"] == [first.json()]
    assert staff.get(f"{JOBS}{first.json()['id']}/").json() == first.json()


def test_a_cancelled_run_loses_its_lease_and_can_be_run_again(staff, logged):
    run, _ = jobs.request(JobKind.MINE, slot="sequence-0")
    lease = jobs.claim(run.pk, now=timezone.now())
    answer = post(staff, f"{JOBS}{run.pk}/cancel/")
    assert (answer.status_code, answer.json()["state"]) == (200, "skipped")
    assert answer.json()["message"].startswith("cancelled by server-")
    with pytest.raises(LeaseLost):
        lease.done({})
    again = post(staff, f"{JOBS}{run.pk}/cancel/")
    assert (again.status_code, again.json()) == (409, {"errors": {"job": ["the job is skipped already"]}})
    assert len(logged()) == 1
    taken_up = post(staff, JOBS, {"kind": "mine"})
    assert (taken_up.status_code, taken_up.json()["id"], taken_up.json()["state"]) == (201, run.pk, "queued")
    assert len(logged()) == 2


@pytest.mark.parametrize("body", [{}, {"kind": "prune"}, {"kind": "mine", "slot": "x"}, {"kind": None}])
def test_only_what_staff_may_run_is_run(staff, body):
    assert post(staff, JOBS, body).status_code == 400
    assert not JobRun.objects.exists()


def test_versions_go_back_and_forth_with_an_entry_each(staff, logged):
    first, second = tiny_network(), tiny_network()
    rows = staff.get(ARTEFACTS, {"kind": "network"}).json()["results"]
    assert [(row["id"], row["serves"]) for row in rows] == [(second.pk, True), (first.pk, False)]
    back = post(staff, f"{ARTEFACTS}roll-back/", {"kind": "network"})
    assert (back.status_code, back.json()["id"], back.json()["serves"]) == (200, first.pk, True)
    assert post(staff, f"{ARTEFACTS}roll-back/", {"kind": "network"}).status_code == 409
    assert post(staff, f"{ARTEFACTS}{second.pk}/publish/").json()["serves"]
    assert store.live(ArtefactKind.NETWORK).artefact_id == second.pk
    assert post(staff, f"{ARTEFACTS}{second.pk}/publish/").status_code == 409
    assert [(before["live"], after["live"]) for _, before, after in logged()] == [
        (second.pk, first.pk),
        (first.pk, second.pk),
    ]


def test_versions_cost_as_many_queries_however_many_they_are(staff, django_assert_max_num_queries):
    for _ in range(5):
        tiny_network()
    staff.get(ARTEFACTS)
    with django_assert_max_num_queries(5):
        assert len(staff.get(ARTEFACTS).json()["results"]) == 5


def test_a_page_goes_on_behind_a_run_that_is_deleted_by_now(staff):
    made = []
    for number in range(3):
        run, _ = jobs.request(JobKind.MINE, slot=f"sequence-{number}")
        jobs.cancel(run, reason="enough")
        made.append(run)
    following = staff.get(JOBS, {"limit": 1}).json()["next"]
    made[-1].delete()
    rows = staff.get(JOBS, {"after": following}).json()["results"]
    assert [row["id"] for row in rows] == [made[1].pk, made[0].pk]


def test_what_was_refused_or_is_broken_does_not_serve(staff, logged, own_store):
    first, second = tiny_network(), tiny_network()
    refused = store.refuse(ArtefactKind.NETWORK, reason="worse", metrics={}, data_sequence=1, data_orders=1)
    assert post(staff, f"{ARTEFACTS}{refused.pk}/publish/").status_code == 409
    (own_store / first.file).write_bytes(b"")
    store._loaded.clear()
    assert post(staff, f"{ARTEFACTS}{first.pk}/publish/").status_code == 409
    assert store.live(ArtefactKind.NETWORK).artefact_id == second.pk
    assert logged() == []


@pytest.mark.usefixtures("stocked")
def test_readiness_says_what_each_strategy_has_and_needs(client_with):
    make_order("a", "b")
    make_order("a", "b")
    fold_all()
    rows = client_with("view_placement").get("/api/v1/readiness/").json()["strategies"]
    assert [row["strategy"] for row in rows] == Strategy.values
    by_name = {row["strategy"]: row for row in rows}
    assert by_name["related"]["words"] == "bought together with a product: 2 of about 1,000 orders"
    assert not by_name["related"]["is_ready"]
    assert (by_name["for_you"]["have"], by_name["for_you"]["is_ready"]) == (1, False)
    tiny_network()
    rows = client_with("view_placement", "view_pin").get("/api/v1/readiness/").json()["strategies"]
    assert {row["strategy"]: row["is_ready"] for row in rows}["for_you"]
