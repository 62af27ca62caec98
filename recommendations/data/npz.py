"""Arrays in an uncompressed npz file, mapped into memory where they lie, so that processes share the pages.

A file is read as if somebody hostile had written it: nothing in it is unpickled, decompressed, evaluated or believed
before it has been held against the size of the file.
"""

import math
import os
import re
import stat
import zipfile
from collections.abc import Mapping
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from recommendations.exceptions import ArtefactRefused

MAGIC = b"\x93NUMPY\x01\x00"
HEADER = re.compile(
    rb"\{'descr': '(?P<dtype>[<|](?:b1|[iu][1248]|f[248]))', 'fortran_order': (?P<fortran>False|True), "
    rb"'shape': \((?P<shape>(?:\d{1,19}(?:,|(?:, \d{1,19})+))?)\), \} *\n"
)
"""What numpy writes for arrays of plain numbers, and nothing else: no objects, no records, no negative lengths."""

ALIGNED = 64
"""Bytes; numpy pads the header that it writes before an array to a multiple of them."""

PADDING = b"\x35\xd9"
"""The zip field that says nothing and is as long as one likes, as in Android's packages."""

LOCAL_HEADER, ZIP64_FIELD = 30, 20
MOST_ARRAYS = 200


def write(file: BinaryIO, arrays: Mapping[str, NDArray[np.generic]]) -> None:
    """Write the arrays, rows one after the other, without compression.

    Each begins at a multiple of ALIGNED bytes, as what is in memory does: of one that lies askew numpy makes a copy
    for whatever it is asked.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy")
            begins = file.tell() + LOCAL_HEADER + len(member.filename) + len(PADDING) + 2 + ZIP64_FIELD
            padding = -begins % ALIGNED
            member.extra = PADDING + padding.to_bytes(2, "little") + bytes(padding)
            # The sizes' longer field always, so that it is known how long the header is.
            with archive.open(member, "w", force_zip64=True) as opened:
                np.lib.format.write_array(opened, np.asarray(array, order="C"), allow_pickle=False)


def write_whole(path: Path, arrays: Mapping[str, NDArray[np.generic]]) -> Path:
    """Write a file that is there in full, on the disk and not in its cache alone, or not at all.

    Until then it is called `.half`; a process that is killed leaves that behind.
    """
    folder, half = path.parent, path.with_suffix(".half")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with half.open("wb") as file:
            write(file, arrays)
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


def opened(path: Path) -> BufferedReader:
    """The file itself, once for all that is read of it: no link to another place, no pipe that never ends.

    Raises
    ------
    ArtefactRefused : it is not there, or is no regular file.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as reason:
        raise ArtefactRefused(f"its file cannot be opened: {reason}") from reason
    file = open(handle, "rb")  # noqa: SIM115 -- the caller closes it
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        file.close()
        raise ArtefactRefused(f"{path.name} is no regular file")
    return file


def mapped(path: Path, file: BinaryIO) -> dict[str, NDArray[np.generic]]:
    """Every array of the file, read-only.

    Parameters
    ----------
    path : of the file, for what is told about it.
    file : the file, open for reading; it may be closed afterwards, and replaced: the arrays stay those of `file`.

    Raises
    ------
    ArtefactRefused : it is no uncompressed npz file of plain numbers, or is not whole.
    """
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, OverflowError) as reason:
        raise ArtefactRefused(f"{path.name} is no npz file: {reason}") from reason
    names = [member.filename.removesuffix(".npy") for member in members]
    if len(members) > MOST_ARRAYS or len(set(names)) < len(names):
        raise ArtefactRefused(f"{path.name} has more than {MOST_ARRAYS} arrays, or two of one name")
    size = file.seek(0, 2)
    return {name: _map(file, name, member, size) for name, member in zip(names, members, strict=True)}


def _map(file: BinaryIO, name: str, member: zipfile.ZipInfo, size: int) -> NDArray[np.generic]:
    if member.compress_type != zipfile.ZIP_STORED or member.compress_size != member.file_size:
        raise ArtefactRefused(f"{name:.40} is compressed and cannot be mapped")
    start = _after_local_header(file, name, member)
    file.seek(start)
    lead = file.read(len(MAGIC) + 2)
    header = file.read(int.from_bytes(lead[len(MAGIC) :], "little")) if lead.startswith(MAGIC) else b""
    found = HEADER.fullmatch(header)
    if found is None:
        raise ArtefactRefused(f"{name:.40} is no array of plain numbers")
    dtype = np.dtype(found["dtype"].decode())
    shape = tuple(int(length) for length in found["shape"].replace(b",", b" ").split())
    told = len(lead) + len(header) + math.prod(shape) * dtype.itemsize
    if told != member.file_size or start + told > size:
        raise ArtefactRefused(f"{name:.40} says that it takes {told} bytes, and has {member.file_size}")
    if not math.prod(shape):
        return _read_only(np.empty(shape, dtype))
    order = "F" if found["fortran"] == b"True" else "C"
    memory = np.memmap(file, dtype=dtype, mode="r", offset=start + len(lead) + len(header), shape=shape, order=order)  # type: ignore[call-overload]
    # A plain array over the same memory: what is made of a memmap is one as well, at a price each time.
    return np.asarray(memory)


def _after_local_header(file: BinaryIO, name: str, member: zipfile.ZipInfo) -> int:
    """Where the member's bytes begin."""
    if member.header_offset < 0:
        raise ArtefactRefused(f"{name:.40} begins before the file")
    file.seek(member.header_offset)
    local = file.read(LOCAL_HEADER)
    if len(local) < LOCAL_HEADER or not local.startswith(b"PK\x03\x04"):
        raise ArtefactRefused(f"{name:.40} does not begin where the file says")
    return member.header_offset + LOCAL_HEADER + sum(int.from_bytes(local[at : at + 2], "little") for at in (26, 28))


def _read_only(array: NDArray[np.generic]) -> NDArray[np.generic]:
    array.flags.writeable = False
    return array
