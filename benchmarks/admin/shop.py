"""Within an instance: what a year of a large shop leaves for staff to look at, written by the database itself."""

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from benchmarks import big_shop
from benchmarks.admin.shop_size import Size
from recommendations.conf import settings
from recommendations.models import (
    Artefact,
    ArtefactKind,
    BrowseLog,
    DailyOutcome,
    Decision,
    Impression,
    ItemOutcome,
    JobKind,
    JobLog,
    JobRun,
    JobState,
    LivePointer,
    LogLevel,
    Order,
    OutcomeState,
    PairCount,
    Rule,
    RuleDecision,
    Shopper,
    ShownItems,
    database,
)
from recommendations.services import outcomes

DAYS = 180
DECISIONS, JOBS = 2_000, 2_000
CLICKED = 0.04
"""The share of impressions that were clicked."""

STAFF = "merchandiser"

BUSY, BUSY_EVENTS, BUSY_ORDERS = "anon:00000000-0000-0000-0000-000000000001", 5_000, 2_000
"""The shopper of id 1, and how many of the newest events and orders are theirs at most."""

PLACEMENTS = "'product-related', 'cart', 'for-you', 'trending'"
ENTRIES = 200_000
LINES = 2_000


def fill(size: Size, done: Mapping[str, float]) -> dict[str, float]:
    """Add what staff look at to the shop of `serving`, but for what is `done`; seconds of each part."""
    get_user_model().objects.get_or_create(username=STAFF, defaults={"is_staff": True, "is_superuser": True})
    took = dict(done)
    with big_shop.unchecked(database.connection()):
        for work in (_impressions, _events, _rules, _rest, _busy, _entries, _outcomes):
            name = f"{work.__name__.removeprefix('_')}_s"
            if name not in took:
                began = time.perf_counter()
                work(size)
                took[name] = time.perf_counter() - began
    return took


def _events(size: Size) -> None:
    """Mostly views, of few items above all; the first of them are clicks on what the impressions showed."""
    clicks = int(size.impressions * CLICKED)
    first = BrowseLog.objects.latest("id").pk
    _run(
        f"""
        INSERT INTO {BrowseLog._meta.db_table} (id, event_id, shopper_id, session, item_id, kind, at, clamped,
            dwell_seconds, query, channel, recommendation, body_digest)
        SELECT {first} + n, md5('event' || n)::uuid,
            CASE WHEN n <= {clicks} THEN (n * 7919) % {size.shoppers} + 1
                ELSE floor(random() * {size.shoppers})::int + 1 END,
            '', CASE WHEN n % 25 = 1 AND n > {clicks} THEN NULL
                ELSE floor({size.products} * power(random(), 3))::int + 1 END,
            CASE WHEN n <= {clicks} THEN 'click' WHEN n % 25 = 1 THEN 'search' WHEN n % 25 < 4 THEN 'cart_add'
                ELSE 'view' END,
            now() - interval '{DAYS} days' * (1 - n::float / {size.events}), false, 12.5,
            CASE WHEN n % 25 = 1 AND n > {clicks} THEN 'words' ELSE '' END, 'web',
            CASE WHEN n <= {clicks} THEN md5('list' || n)::uuid END, repeat('0', 64)
        FROM generate_series(1, {size.events}) AS n
        """  # noqa: S608
    )
    _settle(BrowseLog)


def _impressions(size: Size) -> None:
    _run(
        f"""
        INSERT INTO {Impression._meta.db_table} (id, recommendation, placement, shopper_id, variant, versions, items,
            fallback, served_at, shown_at, outcome)
        SELECT n, md5('list' || n)::uuid, (ARRAY['product-related', 'cart', 'for-you', 'trending'])[n % 4 + 1],
            (n * 7919) % {size.shoppers} + 1, '', '{{}}',
            jsonb_build_array(jsonb_build_array(n % {size.products} + 1, 1, 'pairs', 1.0),
                jsonb_build_array((n * 31) % {size.products} + 1, 2, 'popular', 1.0)),
            n % 10 = 0, at, at, CASE WHEN at < now() - interval '8 days' THEN '[[], []]'::jsonb END
        FROM (SELECT n, now() - interval '{DAYS} days' * (1 - n::float / {size.impressions}) AS at
            FROM generate_series(1, {size.impressions}) AS n) AS numbered
        """  # noqa: S608
    )
    _settle(Impression)


def _rules(size: Size) -> None:
    """Two versions from the strongest pairs, either way round; a tenth of each is not in the other one."""
    live = LivePointer.objects.get(kind=ArtefactKind.RULES)
    made = Artefact.objects.get(pk=live.artefact_id)
    for version in (1, 2):
        made.pk = None
        made.save(force_insert=True)
        _run(
            f"""
            INSERT INTO {Rule._meta.db_table} (artefact_id, kind, key, antecedent_id, consequent_id, orders,
                antecedent_orders, consequent_orders, total_orders, shoppers, support, confidence, lift, leverage,
                conviction, p, weighted_lift, status, hold_reasons)
            SELECT {made.pk}, 'complement', a || '=>' || c, a, c, orders, orders * (3 + a % 7), orders * (3 + c % 7),
                {size.orders}, greatest(orders, 2), orders / {size.orders}.0,
                1.0 / (3 + a % 7 + 0.1 * {version}), {size.orders}.0 / (orders * (3 + a % 7) * (3 + c % 7)), 0.001, 1.2,
                1e-9, 2.0 + (a + c) % 50 / 10.0, CASE WHEN a % 500 = 0 THEN 'held' ELSE 'published' END, '{{}}'
            FROM (SELECT CASE WHEN way = 1 THEN low_id ELSE high_id END AS a,
                    CASE WHEN way = 1 THEN high_id ELSE low_id END AS c, orders
                FROM (SELECT low_id, high_id, orders FROM {PairCount._meta.db_table}
                    WHERE (low_id + high_id) % 10 <> {version}
                    ORDER BY orders DESC LIMIT {size.rules // 2}) AS strongest
                CROSS JOIN generate_series(1, 2) AS way) AS directed
            """  # noqa: S608
        )
    live.artefact = made
    live.save()
    _settle(Rule)


def _rest(_size: Size) -> None:
    keys = Rule.objects.live().order_by("-orders").values_list("key", flat=True)[:DECISIONS]
    choices = list(Decision)
    RuleDecision.objects.bulk_create(
        [RuleDecision(rule_key=key, decision=choices[n % len(choices)], note="seen") for n, key in enumerate(keys)]
    )
    now = timezone.now()
    JobRun.objects.bulk_create(
        JobRun(
            kind=JobKind.MINE if number % 2 else JobKind.TRAIN,
            slot=f"made-{number}",
            state=JobState.DONE,
            progress=1,
            started_at=now - timedelta(hours=number + 1),
            finished_at=now - timedelta(hours=number),
        )
        for number in range(JOBS)
    )


def _busy(_size: Size) -> None:
    """One shopper with thousands of events and orders, and a job with a long log."""
    for model, many in ((BrowseLog, BUSY_EVENTS), (Order, BUSY_ORDERS)):
        newest = model._default_manager.order_by("-pk").values_list("pk", flat=True)[:many]
        model._default_manager.filter(pk__in=list(newest)).update(shopper_id=1)
    job = JobRun.objects.latest("id")
    JobLog.objects.bulk_create(
        JobLog(job=job, at=timezone.now(), level=LogLevel.INFO, text=f"line {number}") for number in range(LINES)
    )


def _entries(size: Size) -> None:
    """What staff did, half of it with rules."""
    staff = get_user_model().objects.get(username=STAFF)
    rule, other = (ContentType.objects.get_for_model(model).pk for model in (RuleDecision, Shopper))
    _run(
        f"""
        INSERT INTO {LogEntry._meta.db_table} (action_time, user_id, content_type_id, object_id, object_repr,
            action_flag, change_message)
        SELECT now() - interval '{DAYS} days' * (1 - n::float / {ENTRIES}), {staff.pk},
            CASE WHEN n % 2 = 0 THEN {rule} ELSE {other} END, n % {size.shoppers} + 1, 'row ' || n, n % 3 + 1, ''
        FROM generate_series(1, {ENTRIES}) AS n
        """  # noqa: S608
    )
    _run(f"VACUUM ANALYZE {LogEntry._meta.db_table}")


def _outcomes(size: Size) -> None:
    """Daily figures as the job leaves them: of each placement and strategy, and of the items shown on a day."""
    now = timezone.now()
    _run(
        f"""
        INSERT INTO {DailyOutcome._meta.db_table} (day, placement, strategy, lists, fallbacks, shown, clicks, clicked,
            cart_adds, orders, quantity, revenue)
        SELECT day, placement, strategy, 1000, 100, 2000, 40, 38, 10, 5, 6, '{{"EUR": "99.50"}}'
        FROM generate_series(current_date - {DAYS - 1}, current_date, interval '1 day') AS day,
            unnest(ARRAY['', {PLACEMENTS}]) AS placement,
            unnest(ARRAY['', 'related', 'cart', 'for_you', 'trending', 'popular']) AS strategy
        ON CONFLICT (day, placement, strategy) DO NOTHING
        """  # noqa: S608
    )
    _run(
        f"""
        INSERT INTO {ItemOutcome._meta.db_table} (day, item_id, placement, source, shown, clicks, cart_adds, orders,
            quantity, revenue)
        SELECT day, floor({size.products} * power(random(), 3))::int + 1, (ARRAY[{PLACEMENTS}])[n % 4 + 1],
            CASE WHEN n % 100 = 0 THEN 'staff' WHEN n % 3 = 0 THEN 'popular' ELSE 'together' END, n % 20 + 1, n % 3,
            n % 2, (n % 50 = 0)::int, (n % 50 = 0)::int,
            CASE WHEN n % 50 = 0 THEN '{{"EUR": "9.50"}}'::jsonb ELSE '{{}}'::jsonb END
        FROM generate_series(current_date - {DAYS - 1}, current_date, interval '1 day') AS day,
            generate_series(1, {2 * size.impressions // DAYS}) AS n
        ON CONFLICT (item_id, day, placement, source) DO NOTHING
        """  # noqa: S608
    )
    shown = outcomes.packed(range(1, size.products // 4))
    days = [timezone.localdate(now) - timedelta(days=ago) for ago in range(DAYS)]
    ShownItems.objects.bulk_create([ShownItems(day=day, items=shown) for day in days], ignore_conflicts=True)
    state = {"computed_at": now, "since": days[-1], "attribution_days": settings.ATTRIBUTION_DAYS, "time_zone": "UTC"}
    OutcomeState.objects.update_or_create(
        pk=1, defaults={**state, "sellable": outcomes.packed(range(1, size.products + 1)), "sellable_on": days[0]}
    )
    for model in (DailyOutcome, ItemOutcome):
        _settle(model)


def _run(statement: str) -> None:
    with database.connection().cursor() as cursor:
        cursor.execute(statement)


def _settle(model: Any) -> None:
    """Numbers go on after those written, and what autovacuum would do by and by is done."""
    table = model._meta.db_table
    _run(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")  # noqa: S608
    _run(f"VACUUM ANALYZE {table}")
