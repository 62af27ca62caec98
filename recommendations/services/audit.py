"""Who changed what, from which values to which: an entry of the admin's log, whichever way the change came."""

import json
import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model

logger = logging.getLogger(__name__)

LONGEST_NAME = 200

LOOKED = "looked at"
"""What an entry says that changed nothing."""

LOOKING = timedelta(hours=1)
"""Looking at a person again within this time leaves no further entry."""

Values = Mapping[str, Any]


class Action(Enum):
    """What was done, numbered as the admin numbers it."""

    ADDED = 1
    CHANGED = 2
    DELETED = 3


def note(row: Model, *, user_id: int, before: Values | None, after: Values | None) -> None:
    """Write the one entry of a change, in the transaction that makes it; None: the row was not, or is no more.

    Where the host has no admin, the log of this module has the entry.
    """
    note_all([(row, before, after)], user_id=user_id)


def note_all(changes: Iterable[tuple[Model, Values | None, Values | None]], *, user_id: int) -> None:
    """One entry for each row with what it was before and after, see `note`."""
    entries = [_entry(*change, user_id=user_id) for change in changes]
    if not apps.is_installed("django.contrib.admin"):
        for entry in entries:
            logger.info("user %(user_id)s: %(action)s %(label)s %(object_id)s %(change_message)s", entry)
        return
    log = apps.get_model("admin", "LogEntry")
    rows = []
    for entry in entries:
        row, action = entry.pop("row"), Action[entry.pop("action").upper()]
        del entry["label"]
        rows.append(log(**entry, content_type_id=_content_type_id(row), action_flag=action.value))
    log.objects.bulk_create(rows, batch_size=1_000)


def note_look(row: Model, *, user_id: int, now: datetime) -> None:
    """Write that a member of staff looked at what is kept of a person; within `LOOKING` it is one look."""
    if not apps.is_installed("django.contrib.admin"):
        logger.info("user %s: looked at %s %s", user_id, row._meta.label, row.pk)
        return
    entries = apps.get_model("admin", "LogEntry").objects
    looked = {
        "user_id": user_id,
        "content_type_id": _content_type_id(row),
        "object_id": str(row.pk),
        "change_message": LOOKED,
    }
    if not entries.filter(**looked, action_time__gt=now - LOOKING).exists():
        entries.create(**looked, object_repr=str(row)[:LONGEST_NAME], action_flag=Action.CHANGED.value, action_time=now)


def forget_names(model: type[Model], ids: Iterable[int]) -> None:
    """Take the names of these rows out of the log; that and when somebody looked at them stays."""
    if apps.is_installed("django.contrib.admin"):
        entries = apps.get_model("admin", "LogEntry").objects
        of_model = entries.filter(content_type_id=_content_type_id(model), object_id__in=list(map(str, ids)))
        of_model.update(object_repr="")


def note_command(name: str, *, os_user: str, options: str, ended: str) -> None:
    """Write the one entry of a command: in the log of this module, since an entry of the admin's needs a login."""
    logger.info("%s ran %s %s: %s", os_user, name, options, ended)


def _content_type_id(row: Model | type[Model]) -> int:
    content_types = apps.get_model("contenttypes", "ContentType").objects
    return int(content_types.get_for_model(row, for_concrete_model=False).pk)


def _entry(row: Model, before: Values | None, after: Values | None, *, user_id: int) -> dict[str, Any]:
    action = Action.ADDED if before is None else Action.DELETED if after is None else Action.CHANGED
    message = json.dumps({"before": before, "after": after}, cls=DjangoJSONEncoder, ensure_ascii=False)
    return {
        "row": row,
        "label": row._meta.label,
        "action": action.name.lower(),
        "user_id": user_id,
        "object_id": str(row.pk),
        "object_repr": str(row)[:LONGEST_NAME],
        "change_message": message,
    }
