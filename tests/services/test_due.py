"""What the schedule owes: nothing while nothing changed, never the same failure for ever."""

import uuid
from datetime import timedelta

import pytest

from recommendations.models import (
    Artefact,
    ArtefactKind,
    ArtefactStatus,
    BasketTotals,
    Impression,
    JobKind,
    JobRun,
    LivePointer,
)
from recommendations.services import due, jobs
from tests.factories import NOW, fold_all, make_order

HOUR = timedelta(hours=1)


@pytest.fixture
def ordered(db, stocked):
    """Three orders, folded at once: the data are at sequence 1."""
    for _ in range(3):
        make_order("a", "b")
    fold_all()
    return BasketTotals.objects.live().get()


def version(kind, *, sequence=1, orders=3, age=HOUR, status=ArtefactStatus.PUBLISHED):
    artefact = Artefact.objects.create(kind=kind, status=status, data_sequence=sequence, data_orders=orders)
    Artefact.objects.filter(pk=artefact.pk).update(created_at=NOW - age)
    return artefact


DAILY = (JobKind.PRUNE, JobKind.STATISTICS, JobKind.EXPOSURES)


def kinds(now=NOW):
    return [kind for kind, _ in due.due(now=now) if kind not in DAILY]


def statistics(now=NOW):
    return [slot for kind, slot in due.due(now=now) if kind == JobKind.STATISTICS]


def test_without_orders_only_what_is_done_once_a_day_is_due(db):
    assert due.due(now=NOW) == [(JobKind.PRUNE, "2026-03-01"), (JobKind.EXPOSURES, "2026-03-01")]


def test_the_first_orders_want_rules_and_a_network_for_their_sequence(ordered):
    assert due.due(now=NOW)[:3] == [
        (JobKind.MINE, "sequence-1"),
        (JobKind.STATISTICS, "sequence-1-2026-03-01"),
        (JobKind.TRAIN, "sequence-1"),
    ]
    assert due.data_slot(JobKind.MINE) == "sequence-1"


def test_asking_again_brings_nothing_about(ordered):
    assert [run.kind for run in due.request_due(now=NOW)] == ["mine", "statistics", "train", "prune", "exposures"]
    assert due.request_due(now=NOW) == []
    assert JobRun.objects.count() == 5


def test_rules_are_mined_anew_only_when_the_counts_changed_and_the_time_has_come(ordered):
    version(ArtefactKind.NETWORK)
    version(ArtefactKind.RULES, sequence=1)
    assert kinds() == []
    make_order("a", "c")
    fold_all()
    assert kinds() == [JobKind.MINE]
    assert kinds(NOW - timedelta(seconds=1)) == []


def test_statistics_are_made_anew_minutes_after_a_change_and_each_day(ordered):
    version(ArtefactKind.ITEMS, age=timedelta(seconds=299))
    assert statistics() == statistics(NOW + timedelta(hours=23)) == []
    assert statistics(NOW + timedelta(days=1)) == ["sequence-1-2026-03-02"]
    make_order("a", "c")
    fold_all()
    assert statistics() == []
    assert statistics(NOW + timedelta(seconds=1)) == ["sequence-2-2026-03-01"]


def test_a_network_is_trained_after_enough_new_orders(settings, ordered):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "TRAIN_AFTER_ORDERS": 2}
    version(ArtefactKind.RULES, age=timedelta())
    version(ArtefactKind.NETWORK)
    make_order("a", "c")
    fold_all()
    assert kinds() == []
    make_order("a", "c")
    fold_all()
    assert kinds() == [JobKind.TRAIN]


def test_a_network_is_trained_after_enough_hours_once_each(settings, ordered):
    version(ArtefactKind.RULES)
    network = version(ArtefactKind.NETWORK, age=timedelta(hours=23, minutes=59))
    assert kinds() == []
    day = NOW + timedelta(minutes=1)
    slot = f"version-{network.pk}-after-24-hours"
    assert (JobKind.TRAIN, slot) in due.due(now=day)
    (run,) = (run for run in due.request_due(now=day) if run.kind == JobKind.TRAIN)
    jobs.claim(run.pk, now=day).skip("nothing changed")
    JobRun.objects.filter(pk=run.pk).update(finished_at=day)
    assert not [run for run in due.request_due(now=day + 23 * HOUR) if run.kind == JobKind.TRAIN]
    (again,) = (run for run in due.request_due(now=day + 24 * HOUR) if run.kind == JobKind.TRAIN)
    assert again.slot == f"version-{network.pk}-after-48-hours"


def test_with_no_hours_time_alone_trains_nothing(settings, ordered):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "TRAIN_EVERY_HOURS": None}
    version(ArtefactKind.RULES)
    version(ArtefactKind.NETWORK, age=timedelta(days=400))
    assert kinds() == []


def test_a_version_that_is_only_being_built_does_not_count(ordered):
    version(ArtefactKind.RULES, status=ArtefactStatus.BUILDING)

    assert JobKind.MINE in kinds()


def test_a_refused_network_is_not_trained_again_on_the_same_orders(ordered):
    version(ArtefactKind.RULES)
    version(ArtefactKind.NETWORK, status=ArtefactStatus.REFUSED)

    assert kinds() == []


def test_a_kind_that_failed_rests_and_is_not_tried_for_ever(settings, ordered):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "JOB_ATTEMPTS": 2}
    version(ArtefactKind.RULES)
    now, tried = NOW, 0
    for _ in range(5):
        run = next((run for run in due.request_due(now=now) if run.kind == JobKind.TRAIN), None)
        if run is not None:
            jobs.claim(run.pk, now=now).fail("no luck")
            JobRun.objects.filter(pk=run.pk).update(finished_at=now)
            tried += 1
            assert JobKind.TRAIN not in kinds(now + timedelta(seconds=59)), "it rests"
        now += timedelta(seconds=60)

    assert tried == 2


@pytest.fixture
def refreshing(ordered):
    """A live network that learnt from sequence 1, and an order after it."""
    version(ArtefactKind.RULES, age=timedelta())
    network = version(ArtefactKind.NETWORK)
    LivePointer.objects.create(kind=ArtefactKind.NETWORK, artefact=network)
    assert kinds() == []
    make_order("a", "c")
    fold_all()
    return network


def refresh_now(now, *, took=timedelta(seconds=1), state="done"):
    """Run the refresh that is due, up to this moment."""
    (run,) = (run for run in due.request_due(now=now) if run.kind == JobKind.REFRESH)
    lease = jobs.claim(run.pk, now=now - took)
    {"done": lambda: lease.done({}), "skipped": lambda: lease.skip("nothing new")}[state]()
    JobRun.objects.filter(pk=run.pk).update(finished_at=now)


def test_a_network_is_refreshed_when_the_counts_changed_since_its_training(refreshing):
    assert (JobKind.REFRESH, f"version-{refreshing.pk}-sequence-2") in due.due(now=NOW)


def test_a_refreshed_network_is_refreshed_again_when_the_counts_changed_and_the_time_has_come(refreshing):
    refresh_now(NOW)
    Artefact.objects.filter(pk=refreshing.pk).update(refreshed={"data_sequence": 2})
    assert kinds(NOW + timedelta(minutes=30)) == []
    make_order("a", "d")
    fold_all()
    assert kinds(NOW + timedelta(seconds=299)) == []
    assert kinds(NOW + timedelta(seconds=300)) == [JobKind.REFRESH]


def test_a_long_refresh_takes_a_tenth_of_the_time_at_most(refreshing):
    refresh_now(NOW, took=timedelta(seconds=60))
    make_order("a", "d")
    fold_all()
    assert kinds(NOW + timedelta(seconds=599)) == []
    assert kinds(NOW + timedelta(seconds=600)) == [JobKind.REFRESH]


def test_a_refresh_that_found_nothing_new_is_not_repeated_on_the_same_orders(refreshing):
    refresh_now(NOW, state="skipped")
    assert [run for run in due.request_due(now=NOW + HOUR) if run.kind == JobKind.REFRESH] == []


def test_after_a_roll_back_the_version_that_serves_now_is_refreshed(refreshing):
    refresh_now(NOW)
    Artefact.objects.filter(pk=refreshing.pk).update(refreshed={"data_sequence": 2})
    newer = version(ArtefactKind.NETWORK, sequence=1, age=timedelta())
    LivePointer.objects.update(artefact=newer)
    assert (JobKind.REFRESH, f"version-{newer.pk}-sequence-2") in due.due(now=NOW + timedelta(minutes=5))


def test_with_no_seconds_nothing_is_refreshed(settings, refreshing):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "REFRESH_EVERY_SECONDS": None}
    assert kinds() == []


def test_without_a_live_network_nothing_is_refreshed(refreshing):
    LivePointer.objects.all().delete()
    assert kinds() == []


def test_pruning_is_due_once_a_day(db):
    due.request_due(now=NOW)
    for run in JobRun.objects.all():
        jobs.claim(run.pk, now=NOW).done({})

    assert due.request_due(now=NOW + timedelta(hours=11)) == []
    assert {run.slot for run in due.request_due(now=NOW + timedelta(hours=12))} == {"2026-03-02"}


def test_what_was_shown_is_counted_once_a_period_while_something_waits(db):
    def slots(now):
        return [run.slot for run in due.request_due(now=now) if run.kind == JobKind.EXPOSURES]

    for run in due.request_due(now=NOW):
        jobs.claim(run.pk, now=NOW).done({})
    shown = NOW - timedelta(minutes=59)
    Impression.objects.create(recommendation=uuid.uuid4(), placement="cart", served_at=shown, shown_at=shown)
    assert slots(NOW) == [], "its outcome may still come"
    ripe = NOW + timedelta(minutes=1)
    (slot,) = slots(ripe)
    jobs.claim(JobRun.objects.get(kind=JobKind.EXPOSURES, slot=slot).pk, now=ripe).done({})
    assert slots(ripe + timedelta(seconds=200)) == []
    assert slots(ripe + timedelta(seconds=300)) == [str(int(slot) + 300)]


def test_looking_is_cheap_when_nothing_is_due(ordered, django_assert_num_queries):
    version(ArtefactKind.RULES)
    LivePointer.objects.create(kind=ArtefactKind.NETWORK, artefact=version(ArtefactKind.NETWORK))
    version(ArtefactKind.ITEMS, age=timedelta())
    due.request_due(now=NOW)

    with django_assert_num_queries(16):
        due.request_due(now=NOW)
