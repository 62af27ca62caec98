"""Artefacts on disk: published whole, checked before each load, read through memory maps, rolled back in one step."""

import hashlib
import logging
import os
import re
import stat
import threading
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BufferedReader
from pathlib import Path

from recommendations.conf import store_dir
from recommendations.data import npz
from recommendations.data.artefacts import SCHEMAS, Arrays, validate
from recommendations.exceptions import ArtefactRefused
from recommendations.models import Artefact, ArtefactKind, ArtefactStatus, LivePointer, database

logger = logging.getLogger(__name__)

FILES_KEPT = 5
LOADED_KEPT = 2 * FILES_KEPT
OWN_NAME = re.compile(rf"({'|'.join(ArtefactKind.values)})-[0-9a-f]{{32}}\.(npz|half)")
ABANDONED = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A version as it serves; `arrays` are read-only and mapped from the file."""

    artefact_id: int
    created_at: datetime
    data_sequence: int
    metrics: Mapping[str, object]
    arrays: Arrays


def publish(
    kind: ArtefactKind,
    arrays: Arrays,
    *,
    metrics: Mapping[str, object],
    data_sequence: int,
    data_orders: int,
    still_ours: Callable[[], None] = lambda: None,
) -> Artefact:
    """Write the arrays, then make them the live version in one transaction.

    Parameters
    ----------
    still_ours : called in the publishing transaction; what it raises stops the publication (a lease that was lost).

    Raises
    ------
    ArtefactRefused : the arrays are not of the kind's schema, or not finite.
    """
    validate(SCHEMAS[kind], arrays)
    path = _write(kind, arrays)
    size, sha256 = path.stat().st_size, _sha256(path)
    try:
        with database.atomic():
            still_ours()
            artefact = Artefact.objects.create(
                kind=kind,
                status=ArtefactStatus.PUBLISHED,
                file=path.name,
                size=size,
                sha256=sha256,
                metrics=dict(metrics),
                data_sequence=data_sequence,
                data_orders=data_orders,
            )
            LivePointer.objects.update_or_create(kind=kind, defaults={"artefact": artefact})
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return artefact


def refuse(
    kind: ArtefactKind, *, reason: str, metrics: Mapping[str, object], data_sequence: int, data_orders: int
) -> Artefact:
    """Keep a record of a version that is not good enough to serve."""
    return Artefact.objects.create(
        kind=kind,
        status=ArtefactStatus.REFUSED,
        reason=reason,
        metrics=dict(metrics),
        data_sequence=data_sequence,
        data_orders=data_orders,
    )


def live(kind: ArtefactKind) -> Loaded | None:
    """The version that serves: the live one, or the newest earlier one whose file is whole; None without any.

    One query once it is loaded. Never raises for a bad file and never writes; the reason is logged once.
    """
    return live_of(kind).get(kind)


def live_of(*kinds: ArtefactKind) -> dict[str, Loaded]:
    """What `live` gives for each of these kinds, for the price of one; a kind without a version is left out."""
    pointers = LivePointer.objects.filter(kind__in=kinds).select_related("artefact")
    found = {pointer.kind: _serving(pointer) for pointer in pointers}
    return {kind: loaded for kind, loaded in found.items() if loaded is not None}


def pointed(kind: ArtefactKind, to: tuple[int, str] | None) -> Loaded | None:
    """What `live` gives where a statement told already what serves; no query once that is loaded.

    Parameters
    ----------
    to : the live version's id and the SHA-256 of its file; None: there is none.
    """
    if to is None:
        return None
    with _loading:
        loaded = _loaded.get(to)
    return loaded or live(kind)


def _serving(pointed: LivePointer) -> Loaded | None:
    loaded = _load(pointed.artefact)
    if loaded is not None:
        return loaded
    kind = pointed.kind
    earlier = Artefact.objects.filter(kind=kind, status=ArtefactStatus.PUBLISHED, pk__lt=pointed.artefact_id)
    for artefact in earlier.order_by("-id")[:FILES_KEPT]:
        loaded = _load(artefact)
        if loaded is not None:
            return loaded
    return None


def roll_back(kind: ArtefactKind) -> Artefact:
    """Let the newest published version before the live one serve.

    Raises
    ------
    ArtefactRefused : there is no earlier version that is whole.
    """
    with database.atomic():
        pointer = LivePointer.objects.select_for_update().filter(kind=kind).first()
        if pointer is None:
            raise ArtefactRefused(f"no version of {kind} is live")
        earlier = Artefact.objects.filter(kind=kind, status=ArtefactStatus.PUBLISHED, pk__lt=pointer.artefact_id)
        for artefact in earlier.order_by("-id")[:FILES_KEPT]:
            if not artefact.file or _load(artefact) is not None:
                pointer.artefact = artefact
                pointer.save()
                return artefact
    raise ArtefactRefused(f"there is no earlier version of {kind} to go back to")


def point_to(artefact: Artefact) -> None:
    """Let this published version serve, be it earlier or later than the live one.

    Raises
    ------
    ArtefactRefused : it was never published, or its file is not whole.
    """
    if artefact.status != ArtefactStatus.PUBLISHED:
        raise ArtefactRefused(f"{artefact} is {artefact.status}, and only a published version may serve")
    if artefact.file and _load(artefact) is None:
        raise ArtefactRefused(f"the file of {artefact} is missing or changed")
    LivePointer.objects.update_or_create(kind=artefact.kind, defaults={"artefact": artefact})


def is_rolled_back(kind: ArtefactKind) -> bool:
    """Whether a published version is newer than the one that is pointed to: somebody went back."""
    pointed = LivePointer.objects.filter(kind=kind).values_list("artefact_id", flat=True).first()
    newer = Artefact.objects.filter(kind=kind, status=ArtefactStatus.PUBLISHED, pk__gt=pointed or 0)
    return pointed is not None and newer.exists()


def clean(now: datetime) -> None:
    """Delete half-written files, and files of versions that nobody rolls back to any more; their rows stay.

    Touches nothing in the folder but files of the store's own names that are older than `ABANDONED`.
    """
    kept: set[str] = set(LivePointer.objects.values_list("artefact__file", flat=True))
    for kind in ArtefactKind.values:
        newest = Artefact.objects.filter(kind=kind, status=ArtefactStatus.PUBLISHED).order_by("-id")
        kept.update(newest.values_list("file", flat=True)[:FILES_KEPT])
    if not store_dir().is_dir():
        return
    for path in store_dir().iterdir():
        if path.name not in kept and OWN_NAME.fullmatch(path.name):
            with suppress(FileNotFoundError):
                if now.timestamp() - path.stat().st_mtime > ABANDONED.total_seconds():
                    path.unlink()


def forget(kind: ArtefactKind, *, kept: int) -> None:
    """Delete rows and files of all published versions but the live one and the newest `kept`.

    For a kind that is published so often that nobody looks for an old one. Who is reading a file keeps it.
    """
    live = LivePointer.objects.filter(kind=kind).values("artefact_id")
    published = Artefact.objects.filter(kind=kind, status=ArtefactStatus.PUBLISHED)
    newest = list(published.order_by("-id").values_list("pk", flat=True)[:kept])
    for artefact in published.exclude(pk__in=newest).exclude(pk__in=live):
        artefact.delete()
        if OWN_NAME.fullmatch(artefact.file):
            (store_dir() / artefact.file).unlink(missing_ok=True)


# By id and SHA-256: a restored database gives the ids of lost versions to new ones. Oldest use first.
_loaded: dict[tuple[int, str], Loaded | None] = {}
_loading = threading.Lock()


def _load(artefact: Artefact) -> Loaded | None:
    """A version from this process's memory, or from its file once that is proved whole."""
    version = (artefact.pk, artefact.sha256)
    with _loading:
        loaded = _loaded.pop(version) if version in _loaded else _read_or_refuse(artefact)
        _loaded[version] = loaded
        while len(_loaded) > LOADED_KEPT:
            del _loaded[next(iter(_loaded))]
    return loaded


def _read_or_refuse(artefact: Artefact) -> Loaded | None:
    try:
        return _read(artefact)
    except (ArtefactRefused, OSError, ValueError) as reason:
        logger.error("version %s of %s is refused: %s", artefact.pk, artefact.kind, reason)
        return None


def _read(artefact: Artefact) -> Loaded:
    if Path(artefact.file).name != artefact.file or not artefact.file:
        raise ArtefactRefused(f"{artefact.file!r} is no file name in the store")
    path = store_dir() / artefact.file
    with _open(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size != artefact.size:
            raise ArtefactRefused(f"its file has {size} bytes, not {artefact.size}")
        if hashlib.file_digest(file, "sha256").hexdigest() != artefact.sha256:
            raise ArtefactRefused("its file's SHA-256 is not the one that was published")
        arrays = npz.mapped(path, file)
    validate(SCHEMAS[artefact.kind], arrays)
    return Loaded(artefact.pk, artefact.created_at, artefact.data_sequence, artefact.metrics, arrays)


def _open(path: Path) -> BufferedReader:
    """The file itself, once for all that is read of it: no link to another place, no pipe that never ends."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as reason:
        raise ArtefactRefused(f"its file cannot be opened: {reason}") from reason
    file = open(handle, "rb")  # noqa: SIM115 -- the caller closes it
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        file.close()
        raise ArtefactRefused(f"{path.name} is no regular file")
    return file


def _write(kind: ArtefactKind, arrays: Arrays) -> Path:
    folder = store_dir()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{kind}-{uuid.uuid4().hex}.npz"
    half = path.with_suffix(".half")
    try:
        with half.open("wb") as file:
            npz.write(file, arrays)
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
    except BaseException:
        half.unlink(missing_ok=True)
        raise
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    return path


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
