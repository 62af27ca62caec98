"""What each kind of job does under its lease, and what its row says in the end."""

import importlib.util
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from recommendations import store
from recommendations.catalogue import Facts
from recommendations.exceptions import DriftTooLarge, MissingPackage, NotEnoughData
from recommendations.models import (
    Arrival,
    Artefact,
    ArtefactKind,
    ArtefactStatus,
    BasketTotals,
    Impression,
    JobKind,
    JobRun,
    JobState,
    LivePointer,
)
from recommendations.services import jobs, perform, record, recount
from recommendations.services.changes import learnt_from
from tests.factories import NOW, fold_all, make_item, make_order, tiny_network


@pytest.fixture
def claimed(db, settings, tmp_path):
    """A lease of a run of this kind."""
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "STORE_DIR": str(tmp_path)}

    def claim(kind):
        return jobs.claim(jobs.request(kind, slot="x")[0].pk, now=timezone.now())

    return claim


def ended(lease):
    return JobRun.objects.get(pk=lease.job_id)


def test_mining_publishes_rules_and_its_row_says_so(settings, claimed, stocked):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "MIN_RULE_ORDERS": 2, "MIN_RULE_SHOPPERS": 2}
    for number in range(6):
        make_order("a", "b", shopper=f"user:{number}")
        make_order("c")
    make_order("d")
    fold_all()
    lease = claimed(JobKind.MINE)
    told = []
    perform.perform(lease, tell=lambda fraction, message: told.append((fraction, message)))
    run = ended(lease)
    assert (run.state, run.result["rules"], run.error) == (JobState.DONE, 2, "")
    assert told[-1] == (1.0, "2 rules")


def test_mining_that_went_to_another_worker_publishes_nothing(settings, claimed, stocked):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "MIN_RULE_ORDERS": 2, "MIN_RULE_SHOPPERS": 2}
    for number in range(6):
        make_order("a", "b", shopper=f"user:{number}")
        make_order("c")
    make_order("d")
    fold_all()
    lease = claimed(JobKind.MINE)

    def overtaken(fraction, message):
        if fraction == 1.0:
            JobRun.objects.filter(pk=lease.job_id).update(token=99)

    perform.perform(lease, tell=overtaken)
    assert ended(lease).state == JobState.RUNNING, "it is the other worker's"
    assert not LivePointer.objects.exists()


def test_a_training_that_went_well_is_done_with_its_version(claimed, monkeypatch):
    monkeypatch.setattr(perform, "trainer", lambda: tiny_network)
    lease = claimed(JobKind.TRAIN)
    perform.perform(lease)
    assert (ended(lease).state, ended(lease).result) == (
        JobState.DONE,
        {
            "artefact": Artefact.objects.get().pk,
            "data_orders": 1,
            "ndcg_10": 0.5,
            "sessions_skipped": "sessions need at least 20 later views that follow another; there are none",
        },
    )


@pytest.mark.parametrize("is_refused", [False, True])
def test_a_training_trains_sessions_too_and_says_what_became_of_them(claimed, monkeypatch, is_refused):
    def train_sessions(**_):
        status = ArtefactStatus.REFUSED if is_refused else ArtefactStatus.PUBLISHED
        return Artefact.objects.create(kind=ArtefactKind.SESSION, status=status, reason="worse" if is_refused else "")

    monkeypatch.setattr(perform, "trainer", lambda: tiny_network)
    monkeypatch.setattr(perform, "session_trainer", lambda: train_sessions)
    lease = claimed(JobKind.TRAIN)
    perform.perform(lease)
    sessions = {"sessions": Artefact.objects.get(kind=ArtefactKind.SESSION).pk}
    told = {name: value for name, value in ended(lease).result.items() if name.startswith("sessions")}
    assert ended(lease).state == JobState.DONE
    assert told == (sessions | {"sessions_refused": "worse"} if is_refused else sessions)


def test_a_training_is_skipped_with_the_reason_while_nothing_changed(claimed, stocked, monkeypatch):
    trained = []

    def train(**options):
        trained.append(tiny_network(**options))
        Artefact.objects.filter(pk=trained[-1].pk).update(metrics={"ndcg_10": 0.5, "learnt_from": learnt_from()})
        return trained[-1]

    def run(slot):
        lease = jobs.claim(jobs.request(JobKind.TRAIN, slot=slot)[0].pk, now=timezone.now())
        perform.perform(lease)
        return ended(lease)

    monkeypatch.setattr(perform, "trainer", lambda: train)
    assert run("one").state == JobState.DONE
    skipped = run("two")
    assert skipped.state == JobState.SKIPPED
    assert skipped.message.startswith(f"nothing changed since version {trained[0].pk} (published)")
    stocked.shelf["a"] = replace(stocked.shelf["a"], stock=0)
    assert run("three").state == JobState.SKIPPED
    stocked.shelf["a"] = replace(stocked.shelf["a"], text="Made of oak")
    assert run("four").state == JobState.DONE
    make_order("a", "b")
    fold_all()
    assert run("five").state == JobState.DONE
    assert run("six").state == JobState.SKIPPED


def test_a_training_without_enough_data_is_skipped_with_the_reason(claimed):
    lease = claimed(JobKind.TRAIN)
    perform.perform(lease)
    assert ended(lease).state == JobState.SKIPPED
    assert "needs at least" in ended(lease).message


def test_without_torch_a_training_is_skipped_and_says_how_to_install_it(claimed, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(perform, "find_spec", lambda name: None if name == "torch" else find(name))
    lease = claimed(JobKind.TRAIN)
    perform.perform(lease)
    assert ended(lease).state == JobState.SKIPPED
    assert 'pip install "django-basketry[train]"' in ended(lease).message
    with pytest.raises(MissingPackage):
        perform.trainer()


def test_a_training_that_went_to_another_worker_publishes_nothing(claimed, monkeypatch):
    lease = claimed(JobKind.TRAIN)

    def overtaken(**options):
        JobRun.objects.filter(pk=lease.job_id).update(token=99)
        return tiny_network(**options)

    monkeypatch.setattr(perform, "trainer", lambda: overtaken)
    perform.perform(lease)
    assert not LivePointer.objects.exists()
    assert not list(store.store_dir().iterdir())


def a_refresh(result):
    """A refresh that comes to this end."""

    def refresh(*, progress, now, still_ours):
        if isinstance(result, Exception):
            raise result
        progress(0.9, "refreshing")
        still_ours()
        return result

    return refresh


def test_a_refresh_is_done_with_what_it_changed_and_cleans_up(claimed, monkeypatch):
    cleaned = []
    monkeypatch.setattr(store, "clean", cleaned.append)
    figures = {"artefact": 3, "touched_items": 12, "new_items": 1, "drift": 0.05}
    monkeypatch.setattr(perform, "refresher", lambda: a_refresh(figures))
    lease = claimed(JobKind.REFRESH)
    perform.perform(lease)
    assert (ended(lease).state, ended(lease).result, len(cleaned)) == (JobState.DONE, figures, 1)


def test_a_refresh_that_finds_nothing_new_says_so(claimed):
    lease = claimed(JobKind.REFRESH)
    perform.perform(lease)
    assert ended(lease).state == JobState.SKIPPED
    assert "needs a live network" in ended(lease).message
    tiny_network()
    Artefact.objects.update(metrics={"trained_until": 1.0})
    store._loaded.clear()
    lease = jobs.claim(jobs.request(JobKind.REFRESH, slot="again")[0].pk, now=timezone.now())
    perform.perform(lease)
    assert ended(lease).message.startswith("no known shopper bought anything since version")


def test_vectors_that_moved_too_far_ask_for_one_training_a_version(claimed, monkeypatch):
    monkeypatch.setattr(perform, "refresher", lambda: a_refresh(DriftTooLarge("item vectors moved")))
    version = tiny_network()
    lease = claimed(JobKind.REFRESH)
    perform.perform(lease)
    training = JobRun.objects.get(kind=JobKind.TRAIN)
    assert training.slot == f"version-{version.pk}-drifted"
    assert ended(lease).state == JobState.SKIPPED
    assert ended(lease).message == f"item vectors moved; asked for job {training.pk}"
    jobs.claim(training.pk, now=timezone.now()).done({"refused": "no better"})
    lease = jobs.claim(jobs.request(JobKind.REFRESH, slot="again")[0].pk, now=timezone.now())
    perform.perform(lease)
    assert ended(lease).message == f"item vectors moved; job {training.pk} was the training for it"
    assert JobRun.objects.filter(kind=JobKind.TRAIN).count() == 1


def test_without_torch_vectors_that_moved_too_far_ask_for_nothing(claimed, monkeypatch):
    monkeypatch.setattr(perform, "refresher", lambda: a_refresh(DriftTooLarge("item vectors moved")))
    monkeypatch.setattr(perform, "can_train", lambda: False)
    lease = claimed(JobKind.REFRESH)
    perform.perform(lease)
    assert "torch is not installed" in ended(lease).message
    assert not JobRun.objects.filter(kind=JobKind.TRAIN).exists()


def test_an_error_is_kept_in_the_row(claimed, monkeypatch):
    monkeypatch.setattr(perform, "prune", lambda **_: 1 / 0)
    lease = claimed(JobKind.PRUNE)
    with pytest.raises(ZeroDivisionError):
        perform.perform(lease)
    assert ended(lease).state == JobState.FAILED
    assert "ZeroDivisionError" in ended(lease).error


def test_too_little_data_skips_the_run(claimed, monkeypatch):
    def too_early(**_):
        raise NotEnoughData("mining needs at least 1 counted order, there are 0")

    monkeypatch.setattr(perform, "mine", too_early)
    lease = claimed(JobKind.MINE)
    perform.perform(lease)
    assert (ended(lease).state, ended(lease).message) == (
        JobState.SKIPPED,
        "mining needs at least 1 counted order, there are 0",
    )


def test_a_recount_counts_everything_and_ends(claimed, stocked):
    make_order("a", "a", "b")
    record.cancel(order_key=make_order("b", "c").key, key="c", at=NOW)
    lease = claimed(JobKind.RECOUNT)
    perform.perform(lease)
    told = {
        "orders": 1,
        "orders_left_out": {"cancelled": 1},
        "lines_left_out": {"duplicate": 1},
        "items_flagged": 0,
    }
    assert (ended(lease).state, ended(lease).result) == (JobState.DONE, told)
    assert recount.check() == []


def test_what_the_catalogue_calls_no_product_any_more_leaves_the_counts(claimed, stocked):
    make_order("a", "b", "c")
    fold_all()
    stocked.shelf["c"] = Facts(key="c", title="A bag", url="/", counted=False)
    lease = claimed(JobKind.PRUNE)
    perform.perform(lease)
    assert ended(lease).result["items_flagged"] == 1
    fold_all()
    assert BasketTotals.objects.get().sum_size == 2
    assert recount.check() == []
    make_order("a", "c")
    fold_all()
    assert BasketTotals.objects.get().sum_size == 3
    stocked.shelf["c"] = Facts(key="c", title="A bag for sale", url="/")
    lease = claimed(JobKind.RECOUNT)
    perform.perform(lease)
    assert (ended(lease).result["items_flagged"], BasketTotals.objects.get().sum_size) == (1, 5)
    assert recount.check() == []


def test_a_catalogue_that_raises_stops_no_recount(claimed, stocked, monkeypatch):
    make_order("a", "b")
    monkeypatch.setattr(type(stocked), "facts", lambda *_: 1 / 0)
    lease = claimed(JobKind.RECOUNT)
    perform.perform(lease)
    assert (ended(lease).state, ended(lease).result["orders"]) == (JobState.DONE, 1)


def test_a_recount_that_another_one_overtakes_is_skipped(claimed, stocked, monkeypatch):
    make_order("a", "b")
    lease = claimed(JobKind.RECOUNT)
    write = recount._write

    def overtaken(*args):
        monkeypatch.setattr(recount, "_write", write)
        recount.rebuild(now=NOW)
        write(*args)

    monkeypatch.setattr(recount, "_write", overtaken)
    perform.perform(lease)
    assert ended(lease).state == JobState.SKIPPED
    assert BasketTotals.objects.live().get().orders == 1
    assert recount.check() == []


def test_what_was_shown_is_counted_and_new_items_are_learnt(claimed, stocked):
    stocked.shelf["a"] = replace(stocked.shelf["a"], launched_at=timezone.now() - timedelta(days=1))
    stocked.shelf["b"] = replace(stocked.shelf["b"], launched_at=timezone.now() - timedelta(days=1))
    a, b = make_item("a"), make_item("b")
    shown = timezone.now() - timedelta(hours=2)
    for _ in range(3):
        items = [[a.pk, 1, "explore", 0.5], [b.pk, 2, "explore", 1.0]]
        Impression.objects.create(
            recommendation=uuid.uuid4(), placement="new-arrivals", items=items, served_at=shown, shown_at=shown
        )
    lease = claimed(JobKind.EXPOSURES)
    perform.perform(lease)
    run = ended(lease)
    assert (run.state, run.result["impressions"], run.result["new_items"]) == (JobState.DONE, 3, 2)
    assert Arrival.objects.get(item=a).examinations == pytest.approx(3)
    assert Arrival.objects.get(item=b).examinations == pytest.approx(3 * 2**-0.5)


def test_a_catalogue_that_fails_loses_nothing_that_was_counted(claimed, stocked, monkeypatch):
    def broken(*_):
        raise RuntimeError("no launches today")

    monkeypatch.setattr(type(stocked), "launched", broken)
    shown = timezone.now() - timedelta(hours=2)
    Impression.objects.create(recommendation=uuid.uuid4(), placement="cart", served_at=shown, shown_at=shown)
    lease = claimed(JobKind.EXPOSURES)
    with pytest.raises(RuntimeError):
        perform.perform(lease)
    assert ended(lease).state == JobState.FAILED
    assert not Impression.objects.filter(outcome__isnull=True).exists()
