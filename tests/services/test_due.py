"""What the schedule owes: nothing while nothing changed, never the same failure for ever."""

from datetime import timedelta

import pytest

from recommendations.models import Artefact, ArtefactKind, ArtefactStatus, BasketTotals, JobKind, JobRun
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


def kinds(now=NOW):
    return [kind for kind, _ in due.due(now=now) if kind not in (JobKind.PRUNE, JobKind.STATISTICS)]


def statistics(now=NOW):
    return [slot for kind, slot in due.due(now=now) if kind == JobKind.STATISTICS]


def test_without_orders_only_pruning_is_due(db):
    assert due.due(now=NOW) == [(JobKind.PRUNE, "2026-03-01")]


def test_the_first_orders_want_rules_and_a_network_for_their_sequence(ordered):
    assert due.due(now=NOW)[:3] == [
        (JobKind.MINE, "sequence-1"),
        (JobKind.STATISTICS, "sequence-1-2026-03-01"),
        (JobKind.TRAIN, "sequence-1"),
    ]
    assert due.data_slot() == "sequence-1"


def test_asking_again_brings_nothing_about(ordered):
    assert [run.kind for run in due.request_due(now=NOW)] == ["mine", "statistics", "train", "prune"]
    assert due.request_due(now=NOW) == []
    assert JobRun.objects.count() == 4


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


def test_pruning_is_due_once_a_day(db):
    due.request_due(now=NOW)
    run = JobRun.objects.get()
    jobs.claim(run.pk, now=NOW).done({})

    assert due.request_due(now=NOW + timedelta(hours=11)) == []
    assert [run.slot for run in due.request_due(now=NOW + timedelta(hours=12))] == ["2026-03-02"]


def test_looking_is_cheap_when_nothing_is_due(ordered, django_assert_num_queries):
    version(ArtefactKind.RULES)
    version(ArtefactKind.NETWORK)
    due.request_due(now=NOW)

    with django_assert_num_queries(6):
        due.request_due(now=NOW)
