"""A shop's own history comes in once, whatever happens on the way."""

from datetime import timedelta
from unittest import mock

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from recommendations.models import BasketTotals, Counted, ItemCount, JobKind, JobRun, JobState, Order
from recommendations.services import backfill, jobs, record, recount
from recommendations.services.fold import fold_all, fold_for
from recommendations.services.perform import perform
from recommendations.testing import FakeCatalogue
from tests.factories import NOW, make_order, placed_order

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


@pytest.fixture
def history(stocked, monkeypatch):
    """Ten orders of the shop's own, an hour apart, two of them at the same moment."""
    orders = [placed_order("a", "b", key=f"own-{n}", at=NOW - timedelta(hours=10 - n)) for n in range(9)]
    orders.append(placed_order("a", "c", key="own-9", at=orders[-1].placed_at))
    asked = []

    def since(_self, moment):
        asked.append(moment)
        return (order for order in orders if moment is None or order.placed_at > moment)

    monkeypatch.setattr(FakeCatalogue, "orders", since)
    monkeypatch.setattr(backfill, "ORDERS_AT_ONCE", 3)
    return mock.Mock(orders=orders, asked=asked)


def run_now(**options):
    run, _ = backfill.request(**options)
    perform(jobs.claim(run.pk, now=timezone.now()))
    run.refresh_from_db()
    return run


def test_every_order_is_recorded_and_counted_once(history):
    run = run_now()
    assert (run.state, run.result["recorded"], run.result["known"]) == (JobState.DONE, 10, 0)
    fold_all(now=NOW)
    assert dict(ItemCount.objects.values_list("item__key", "orders")) == {"a": 10, "b": 9, "c": 1}
    again = run_now()
    assert (again.result["recorded"], again.result["known"]) == (0, 10)
    fold_all(now=NOW)
    assert BasketTotals.objects.live().get().orders == 10
    assert recount.check() == []


def test_orders_recorded_live_meanwhile_are_counted_once(history):
    make_order("a", "b", key="own-4", at=history.orders[4].placed_at)
    record.order(placed_order("a", "z", key="own-5"))
    fold_all(now=NOW)
    run = run_now()
    assert (run.result["recorded"], run.result["known"], run.result["conflicts"]) == (8, 1, 1)
    fold_all(now=NOW)
    assert dict(ItemCount.objects.values_list("item__key", "orders")) == {"a": 10, "b": 8, "c": 1, "z": 1}


def test_a_history_waits_for_one_recount_while_live_orders_are_folded(history, settings):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "BULK_FOLD_ORDERS": 5}
    seen = []
    orders = record.orders

    def meanwhile(part, **options):
        made = orders(part, **options)
        make_order("y", "z")
        fold_for(0)
        seen.append((Order.objects.waiting().count(), BasketTotals.objects.live().get().orders))
        return made

    with mock.patch.object(record, "orders", meanwhile):
        run_now()
    assert seen == [(3, 1), (6, 2), (9, 3), (10, 4)]
    assert JobRun.objects.open().get().kind == JobKind.RECOUNT
    perform(jobs.claim(JobRun.objects.open().get().pk, now=timezone.now()))
    assert BasketTotals.objects.live().get().orders == 14
    assert not Order.objects.waiting().exists()
    assert recount.check() == []


def test_a_short_history_is_left_to_the_next_fold(history):
    run_now()
    assert Order.objects.pending().count() == 10
    assert not JobRun.objects.open().exists()


@pytest.mark.parametrize("killed_after", [0, 1, 2, 3])
def test_killed_anywhere_it_goes_on_where_it_stood(history, killed_after):
    orders, calls = record.orders, []

    def killed(part, **options):
        calls.append(len(part))
        if len(calls) > killed_after:
            raise KeyboardInterrupt
        return orders(part, **options)

    run, _ = backfill.request()
    lease = jobs.claim(run.pk, now=timezone.now())
    with mock.patch.object(record, "orders", killed), pytest.raises(KeyboardInterrupt):
        backfill.backfill(progress=lambda *_: None, lease=lease)
    JobRun.objects.update(lease_until=NOW)

    perform(jobs.claim(run.pk, now=timezone.now()))

    run.refresh_from_db()
    assert (run.state, run.attempts, run.result["recorded"]) == (JobState.DONE, 2, 10)
    if killed_after:
        assert history.asked[1] == history.orders[3 * killed_after - 1].placed_at - backfill.OVERLAP
    fold_all(now=NOW)
    assert BasketTotals.objects.live().get().orders == 10


def test_a_worker_that_was_replaced_records_nothing_more(history):
    run, _ = backfill.request()
    lease = jobs.claim(run.pk, now=timezone.now())
    JobRun.objects.update(lease_until=NOW)
    jobs.claim(run.pk, now=timezone.now())
    with pytest.raises(jobs.LeaseLost):
        backfill.backfill(progress=lambda *_: None, lease=lease)
    assert not Order.objects.exists()


def test_orders_that_an_abandoned_back_fill_left_are_counted_all_the_same(history):
    run, _ = backfill.request()
    jobs.claim(run.pk, now=timezone.now())
    record.orders(history.orders[:3], counted=Counted.WAITING)
    fold_for(0)
    assert not BasketTotals.objects.exists(), "the back-fill is at work"
    JobRun.objects.filter(pk=run.pk).update(state=JobState.FAILED, attempts=3)
    fold_all(now=NOW)
    assert BasketTotals.objects.live().get().orders == 3


def test_an_adapter_that_is_out_of_order_is_told_so(history):
    history.orders.reverse()
    run, _ = backfill.request()
    with pytest.raises(ValueError, match="oldest first"):
        perform(jobs.claim(run.pk, now=timezone.now()))
    run.refresh_from_db()
    assert run.state == JobState.FAILED
    assert "oldest first" in run.error


def test_a_failed_back_fill_is_taken_up_where_it_stood_and_a_finished_one_begins_anew(history):
    until = history.orders[5].placed_at
    run, _ = backfill.request()
    JobRun.objects.filter(pk=run.pk).update(
        state=JobState.FAILED,
        attempts=3,
        result={"recorded": 6, "known": 0, "conflicts": 0, "until": until.isoformat()},
    )
    assert run_now().result["recorded"] == 5
    assert history.asked == [until - backfill.OVERLAP]
    run_now()
    assert history.asked[1] is None


def test_the_command_records_counts_and_reports(history, capsys, settings):
    call_command("backfill")
    assert "10 orders recorded, 0 were recorded before" in capsys.readouterr().out
    assert BasketTotals.objects.live().get().orders == 10
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "BULK_FOLD_ORDERS": 1}
    Order.objects.all().delete()
    call_command("backfill", "--since", "2026-03-01T03:30")
    assert "8 orders counted in all" in capsys.readouterr().out
    assert history.asked[1] == NOW.replace(hour=3, minute=30) - backfill.OVERLAP


def test_the_command_says_when_a_back_fill_is_at_work_already(history):
    run, _ = backfill.request()
    jobs.claim(run.pk, now=timezone.now())
    with pytest.raises(CommandError, match=f"job {run.pk}"):
        call_command("backfill")


def test_an_order_that_cannot_be_is_named_by_the_one_before_it(history, monkeypatch):
    def broken(_self, since):
        yield history.orders[0]
        yield placed_order("a", key="bad", shopper="user:None")

    monkeypatch.setattr(FakeCatalogue, "orders", broken)
    with pytest.raises(CommandError, match=r"shopper: .*\(in the catalogue's order after 'own-0'\)"):
        call_command("backfill")


def test_a_back_fill_that_is_stopped_says_how_to_go_on(history):
    with (
        mock.patch.object(record, "orders", side_effect=KeyboardInterrupt),
        pytest.raises(CommandError, match="call again to go on") as stopped,
    ):
        call_command("backfill")
    assert stopped.value.returncode == 130
    call_command("backfill")
    assert BasketTotals.objects.live().get().orders == 10


def test_a_time_that_is_none_is_refused(history):
    with pytest.raises(CommandError, match="no day or time"):
        call_command("backfill", "--since", "yesterday")
