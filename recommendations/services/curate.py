"""Change what staff own, placements, their pins and the bans, and leave one entry in the log for each change."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model

from recommendations.exceptions import InvalidInput
from recommendations.models import database
from recommendations.services import audit


@database.joining
def keep(row: Model, changes: Mapping[str, Any], *, user_id: int) -> None:
    """Write a new row, or these changes of one that is there: what others change of it at the same time stays.

    Raises
    ------
    InvalidInput : the row's own rules are broken; the error names the first such field.
    DatabaseError : somebody deleted the row in between.
    """
    before = None if row._state.adding else values_of(row)
    for name, value in changes.items():
        setattr(row, name, value)
    try:
        row.clean()
    except ValidationError as error:
        field, (words, *_) = next(iter(error.message_dict.items()))
        raise InvalidInput(field, words) from None
    row.save(update_fields=None if before is None else list(changes))
    audit.note(row, user_id=user_id, before=before, after=values_of(row))


@database.joining
def remove(row: Model, *, user_id: int) -> None:
    """Delete a row, and what belongs to it."""
    audit.note(row, user_id=user_id, before=values_of(row), after=None)
    row.delete()


@database.joining
def keep_edited(row: Model, *, user_id: int) -> None:
    """Write a row that a form has filled in: a new one, or what it changes of the stored one; nothing where that is
    nothing.

    Raises
    ------
    InvalidInput, ObjectDoesNotExist : see `keep`; somebody deleted the row in between.
    """
    if row._state.adding:
        keep(row, {}, user_id=user_id)
        return
    stored = type(row)._default_manager.select_for_update().get(pk=row.pk)
    edited, names = values_of(row), {field.attname: field.name for field in row._meta.concrete_fields}
    changes = {names[name]: getattr(row, names[name]) for name, was in values_of(stored).items() if edited[name] != was}
    if changes:
        keep(stored, changes, user_id=user_id)


def values_of(row: Model) -> dict[str, Any]:
    """Each column of the row by its name."""
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
