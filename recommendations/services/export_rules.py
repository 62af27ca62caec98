"""Rules as rows of a file, with both sides, counts, measures and what staff decided; read in batches."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings as django_settings
from django.db.models import QuerySet

from recommendations.catalogue import Context
from recommendations.models import FIGURES, Artefact, Item, Rule, RuleDecision
from recommendations.services import audit, claims
from recommendations.services.decide import known
from recommendations.services.sheets import Cell
from recommendations.services.titles import titles_of

BATCH = 1_000
MOMENT = "%Y-%m-%d %H:%M:%S"
SEPARATOR = " + "

DECIDED = ("decision", "strength", "from", "to", "note")
"""Columns that staff may edit and import again."""

COLUMNS = (
    "rule",
    "kind",
    "antecedents",
    "antecedent_titles",
    "consequent",
    "consequent_title",
    *FIGURES,
    "status",
    *DECIDED,
)


def exported(
    rules: QuerySet[Any], context: Context, *, filters: Mapping[str, Any], form: str, user_id: int
) -> Iterator[list[Cell]]:
    """The header and a row for each rule, in the query's order; times in the shop's time zone.

    A batch of rules is in memory at a time. At the end, or where the reader stops, one entry in the log of the rules'
    version says what was asked for, in which form, and how many rows went out.
    """
    count, artefact_id = 0, 0
    rows = rules.select_related(None).order_by(*rules.query.order_by or ("-orders", "-pk")).iterator(chunk_size=BATCH)
    try:
        yield list(COLUMNS)
        while batch := list(islice(rows, BATCH)):
            artefact_id = batch[0].artefact_id
            for row in _rows(batch, context):
                yield row
                count += 1
    finally:
        version = Artefact.objects.filter(pk=artefact_id).first()
        if version is not None:
            told = {"exported_rules": count, "form": form, "filters": dict(filters)}
            audit.note(version, user_id=user_id, before={}, after=told)


def _rows(rules: list[Rule], context: Context) -> Iterator[list[Cell]]:
    sides = {rule.pk: claims.antecedents(rule) for rule in rules}
    wanted = {pk for rule in rules for pk in (*sides[rule.pk], rule.consequent_id)}
    keys = dict(Item.objects.filter(pk__in=wanted).values_list("pk", "key"))
    titles = titles_of(keys.values(), context)
    decisions = known(rule.key for rule in rules)
    for rule in rules:
        left, right = [keys[pk] for pk in sides[rule.pk]], keys[rule.consequent_id]
        yield [
            rule.key,
            rule.kind,
            SEPARATOR.join(left),
            SEPARATOR.join(titles[key] for key in left),
            right,
            titles[right],
            *(getattr(rule, name) for name in FIGURES),
            rule.status,
            *_decided(decisions.get(rule.key)),
        ]


def _decided(row: RuleDecision | None) -> list[Cell]:
    if row is None:
        return [""] * len(DECIDED)
    return [row.decision, row.strength, in_shop_time(row.starts_at), in_shop_time(row.ends_at), row.note]


def in_shop_time(moment: datetime | None) -> str:
    """A time as files have it, in the shop's time zone; empty for none."""
    return "" if moment is None else moment.astimezone(ZoneInfo(django_settings.TIME_ZONE)).strftime(MOMENT)
