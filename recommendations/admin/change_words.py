"""What a change of a row was, in words: which values it had before and has after."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from recommendations.models import Item

WORDS: Mapping[str, Any] = {"live": _("version that serves")}
"""Values of the log that are no columns."""

UNTOLD = ("id",)

Named = Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Change:
    """One value of a row: what it is called, and what it was and became; empty where there was none."""

    name: str
    before: str
    after: str


def values_of(entry: Any) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    """What the entry says the row was and became; None for an entry that does not say it."""
    try:
        told = json.loads(entry.change_message)
    except ValueError:
        return None
    if not isinstance(told, dict) or not {"before", "after"} <= told.keys():
        return None
    return told["before"] or {}, told["after"] or {}


def items_in(entries: Iterable[Any]) -> set[int]:
    """Ids of the items that the entries name."""
    return {
        value
        for entry in entries
        for values in values_of(entry) or ()
        for name, value in values.items()
        if isinstance(value, int) and _leads_to_item(_field(entry, name))
    }


def changes_of(entry: Any, titles: Named) -> Sequence[Change]:
    """The values that differ, in the order of the row's columns."""
    told = values_of(entry)
    if told is None:
        return []
    before, after = told
    return [
        Change(_name(entry, name), _word(entry, name, before, titles), _word(entry, name, after, titles))
        for name in dict.fromkeys((*before, *after))
        if name not in UNTOLD and before.get(name) != after.get(name)
    ]


def _field(entry: Any, name: str) -> Any:
    model = entry.content_type.model_class()
    try:
        return model._meta.get_field(name) if model else None
    except FieldDoesNotExist:
        return None


def _leads_to_item(field: Any) -> bool:
    return isinstance(field, models.ForeignKey) and field.related_model is Item


def _name(entry: Any, name: str) -> str:
    field = _field(entry, name)
    return str(WORDS.get(name, name) if field is None else field.verbose_name)


def _word(entry: Any, name: str, values: Mapping[str, Any], titles: Named) -> str:
    value, field = values.get(name), _field(entry, name)
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if _leads_to_item(field):
        return titles.get(value, str(value))
    if isinstance(field, models.DateTimeField):
        moment = parse_datetime(str(value))
        return date_format(localtime(moment), "SHORT_DATETIME_FORMAT") if moment else str(value)
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    choices = {str(key): words for key, words in getattr(field, "flatchoices", None) or ()}
    return str(choices.get(str(value), value))
