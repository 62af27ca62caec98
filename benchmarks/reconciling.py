"""Within the instance that was broken: what it starts with, and whether what it has in the end is what was sent."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection
from django.db.models import Count, F, Q
from django.test import Client as Browser
from django.utils import timezone

from benchmarks.baskets import Shop
from benchmarks.clients import Sent
from recommendations import store
from recommendations.models import (
    Amendment,
    Artefact,
    ArtefactKind,
    ArtefactStatus,
    BasketTotals,
    JobRun,
    LivePointer,
    Order,
    OrderLine,
    Rule,
    Status,
)
from recommendations.services import record, recount

HISTORY = 3_000

WATCH = """
CREATE TABLE bench_publication (artefact bigint, kind text, job bigint, token bigint);
CREATE FUNCTION bench_watch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO bench_publication
        SELECT NEW.id, NEW.kind, job.id, job.token FROM (SELECT 1) AS one
        LEFT JOIN recommendations_jobrun AS job ON job.state = 'running'
            AND job.kind = CASE NEW.kind WHEN 'rules' THEN 'mine' ELSE 'train' END;
    RETURN NEW;
END $$;
CREATE TRIGGER bench_watch AFTER INSERT OR UPDATE OF status ON recommendations_artefact
    FOR EACH ROW WHEN (NEW.status = 'published') EXECUTE FUNCTION bench_watch();
"""
"""Notes under which job's lease each version was published: old versions are deleted, and so would be the proof."""


def prepare(shop: Shop) -> str:
    """A history to learn from and a user who may record orders; its session's key."""
    record.orders(list(shop.orders(HISTORY, ends_at=timezone.now())))
    user = get_user_model().objects.create_user("server")
    user.user_permissions.add(Permission.objects.get(codename="add_order", content_type__app_label="recommendations"))
    browser = Browser()
    browser.force_login(user)
    with connection.cursor() as cursor:
        cursor.execute(WATCH)
    return browser.cookies["sessionid"].value


def settle(seconds: float) -> None:
    """Wait, so long at most, until nothing is pending and no job is open."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends and (Order.objects.pending().exists() or JobRun.objects.open().exists()):
        time.sleep(0.5)


def reconcile(sent: Sequence[Sent]) -> Mapping[str, int]:
    """What differs between the clients' ledger and the database; every figure should be 0."""
    keys = [one.key for one in sent]
    rows = Counter(Order.objects.filter(key__in=keys).values_list("key", flat=True))
    lines: dict[str, Counter[str]] = {}
    quantities: dict[tuple[str, str], int] = {}
    refunded: dict[tuple[str, str], int] = {}
    found = OrderLine.objects.filter(order__key__in=keys)
    for key, product, quantity, back in found.values_list("order__key", "product_key", "quantity", "refunded"):
        lines.setdefault(key, Counter())[product] += 1
        quantities[key, product] = quantity
        refunded[key, product] = back
    written = [one for one in sent if one.key in rows]
    return {
        "missing": sum(one.acknowledged and one.key not in rows for one in sent),
        "half_written": sum(
            {product: quantities.get((one.key, product)) for product in lines.get(one.key, {})} != one.lines
            for one in written
        ),
        "double": sum(number - 1 for number in rows.values())
        + sum(number - 1 for products in lines.values() for number in products.values())
        + max(_counted_beyond_rows(), 0),
        "changes_missing_or_double": _wrong_changes(sent, refunded),
        "recount_differences": len(recount.check()),
        "pending": Order.objects.pending().count(),
        "open_jobs": JobRun.objects.open().count(),
        **_wrong_publications(),
    }


def background() -> Mapping[str, int]:
    """What the jobs did meanwhile."""
    runs = JobRun.objects.order_by("state").values_list("state", "attempts")
    ended = Counter(f"jobs_{state}" for state, _ in runs)
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind, count(DISTINCT artefact) FROM bench_publication GROUP BY kind")
        published = {f"{kind}_published": number for kind, number in cursor.fetchall()}
    return {**ended, "job_attempts": sum(attempts for _, attempts in runs), **published}


def _counted_beyond_rows() -> int:
    """Orders in the counts beyond those whose rows count: more than 0 says that some are counted twice."""
    left = Q(lines__is_counted=True, lines__refunded__lt=F("lines__quantity"))
    countable = Order.objects.filter(left, status=Status.PLACED).distinct().count()
    live = BasketTotals.objects.live().first()
    return (live.orders if live else 0) - countable


def _wrong_changes(sent: Sequence[Sent], refunded: Mapping[tuple[str, str], int]) -> int:
    """Acknowledged changes that left no trace, and pieces taken back more or less often than the changes say."""
    changed = [one for one in sent if one.changes]
    keys = [one.key for one in changed]
    amendments = Counter(Amendment.objects.filter(order_key__in=keys).values_list("order_key", "key"))
    cancelled = set(Order.objects.filter(key__in=keys, status=Status.CANCELLED).values_list("key", flat=True))
    wrong = 0
    for one in changed:
        for change in one.changes:
            recorded = amendments[one.key, change.key]
            if change.product:
                applied = refunded.get((one.key, change.product), 0) == change.quantity * recorded
            else:
                applied = (one.key in cancelled) == bool(recorded)
            wrong += recorded > 1 or (change.acknowledged and not recorded) or not applied
    return wrong


def _wrong_publications() -> dict[str, int]:
    """Versions that serve, or that one may roll back to, and are not whole; and leases that published twice."""
    halves = sum(
        pointer.artefact.status != ArtefactStatus.PUBLISHED
        or (pointer.kind == ArtefactKind.NETWORK and _served(pointer) != pointer.artefact_id)
        for pointer in LivePointer.objects.select_related("artefact")
    )
    rules = Artefact.objects.filter(kind=ArtefactKind.RULES, status=ArtefactStatus.PUBLISHED)
    counted = dict(Rule.objects.filter(artefact__in=rules).values_list("artefact").annotate(Count("id")))
    halves += sum(artefact.metrics["rules"] != counted.get(artefact.pk, 0) for artefact in rules)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT 1 FROM bench_publication WHERE job IS NOT NULL"
            " GROUP BY job HAVING count(DISTINCT artefact) > 1) AS twice"
        )
        (twice,) = cursor.fetchone()
        cursor.execute("SELECT count(DISTINCT artefact) FROM bench_publication WHERE job IS NULL")
        (without,) = cursor.fetchone()
    return {"half_published": halves, "slots_published_twice": twice, "published_without_a_lease": without}


def _served(pointer: LivePointer) -> int | None:
    loaded = store.live(ArtefactKind(pointer.kind))
    return loaded.artefact_id if loaded else None
