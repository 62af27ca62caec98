"""Back-fill: record the shop's own order history, through its adapter, as far as it is not recorded yet.

Recording is idempotent by order key, so an order that was recorded live meanwhile is the same row. Back-filled orders
wait for one recount of everything instead of as many folds; live orders are folded at once as ever.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from recommendations.catalogue import get_catalogue
from recommendations.conf import settings
from recommendations.data.orders import PlacedOrder
from recommendations.exceptions import InvalidInput, KeyConflict
from recommendations.models import OPEN_STATES, Counted, JobKind, JobRun, JobState, Order, database
from recommendations.services import jobs, record
from recommendations.services.fold import ask_for_recount
from recommendations.services.importing import in_parts

ORDERS_AT_ONCE = 500
OVERLAP = timedelta(microseconds=1)

Progress = Callable[[float, str], None]


@dataclass(slots=True)
class Report:
    """How far a back-fill is: `until` is the time (ISO 8601) of the last order that was handed over.

    Parameters
    ----------
    recorded : orders that were new. `known` : recorded before, live or by an earlier back-fill.
    conflicts : orders whose key was recorded before with another body; they stay as they are.
    """

    recorded: int = 0
    known: int = 0
    conflicts: int = 0
    until: str = ""

    def handed(self) -> int:
        """Orders that the adapter gave."""
        return self.recorded + self.known + self.conflicts


def request(*, since: datetime | None = None, requested_by: str = "") -> tuple[JobRun, bool]:
    """Ask for a back-fill of the orders placed after `since`; one that is open already is the answer.

    None: all orders, or where the last back-fill failed, from where it came to.
    """
    last = JobRun.objects.filter(kind=JobKind.BACKFILL).order_by("-id").first()
    if last is not None and last.state in OPEN_STATES:
        return last, False
    until = since.isoformat() if since is not None else ""
    if since is None and last is not None and last.state == JobState.FAILED:
        until = last.result.get("until", "")
    slot = f"after-{last.pk if last else 0}"
    with database.atomic():
        run, made = jobs.request(JobKind.BACKFILL, slot=slot, requested_by=requested_by)
        if made:
            JobRun.objects.filter(pk=run.pk).update(result=asdict(Report(until=until)))
    return run, made


def backfill(*, progress: Progress, lease: jobs.Lease) -> Mapping[str, Any]:
    """Stream the shop's orders, oldest first, and record them in short transactions.

    After each one the run keeps how far it is, so whoever takes a killed run over goes on from there.

    Raises
    ------
    InvalidInput : the adapter gave an order that cannot be one, or gave them out of order.
    LeaseLost : another worker took over.
    """
    report = _begun(lease)
    first = None
    for part in in_parts(_orders(report), ORDERS_AT_ONCE):
        with database.atomic():
            outcomes = record.orders(part, counted=Counted.WAITING)
            _add(report, part, outcomes)
            lease.keep(asdict(report))
        first = first or part[0].placed_at
        progress(_share(first, part[-1].placed_at), f"{report.handed():,} orders, until {report.until[:19]}")
    lease.keep(asdict(report))
    _hand_over()
    return asdict(report)


def _begun(lease: jobs.Lease) -> Report:
    kept: Mapping[str, Any] = JobRun.objects.values_list("result", flat=True).get(pk=lease.job_id)
    return Report(**kept)


def _orders(report: Report) -> Iterator[PlacedOrder]:
    """What the adapter has from where the run stands; the order at that very moment comes once more."""
    since = datetime.fromisoformat(report.until) - OVERLAP if report.until else None
    latest = since
    for order in _named(get_catalogue().orders(since)):
        if latest is not None and order.placed_at < latest:
            raise InvalidInput(
                "orders",
                f"of the catalogue must come oldest first: {order.key!r:.80} of {order.placed_at.isoformat()} "
                f"came after one of {latest.isoformat()}",
            )
        latest = order.placed_at
        yield order


def _named(orders: Iterator[PlacedOrder]) -> Iterator[PlacedOrder]:
    """The adapter's orders; an error while it makes one says after which that was."""
    last = "none"
    stream = iter(orders)
    while True:
        try:
            order = next(stream)
        except StopIteration:
            return
        except InvalidInput as error:
            raise InvalidInput(error.field, f"{error.message} (in the catalogue's order after {last})") from error
        last = repr(order.key)
        yield order


def _add(report: Report, part: Sequence[PlacedOrder], outcomes: Sequence[record.Recorded | KeyConflict]) -> None:
    for outcome in outcomes:
        if isinstance(outcome, KeyConflict):
            report.conflicts += 1
        elif outcome.created:
            report.recorded += 1
        else:
            report.known += 1
    report.until = part[-1].placed_at.isoformat()


def _share(first: datetime, last: datetime) -> float:
    """How much of the time from the first order until now is done: how many orders there are nobody knows."""
    return (last - first) / max(timezone.now() - first, OVERLAP)


def _hand_over() -> None:
    """A history waits for a recount; a few orders are left to the next fold."""
    bulk = settings.BULK_FOLD_ORDERS
    if Order.objects.waiting()[bulk - 1 : bulk].exists():
        ask_for_recount()
    else:
        Order.objects.waiting().to_be_folded()
