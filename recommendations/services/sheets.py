"""Rows as CSV or XLSX files that spreadsheets open, and back: no cell of text is ever a formula."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from importlib.util import find_spec
from typing import IO, Any

from recommendations.exceptions import MissingPackage, UnreadableFile

DANGEROUS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")  # noqa: RUF001 (East Asian ones count too)
"""Beginnings by which a spreadsheet takes a text for a formula."""

BOM = "\ufeff"
MOST_UNPACKED = 100_000_000

Cell = str | int | float | datetime | None


def can_xlsx() -> bool:
    """Whether the package for XLSX is there."""
    return find_spec("openpyxl") is not None


def safe(text: str) -> str:
    """The text, with an apostrophe before what would make it a formula; `plain` takes it off again."""
    return f"'{text}" if text.lstrip("'").startswith(DANGEROUS) else text


def plain(text: str) -> str:
    """What `safe` was given."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(DANGEROUS) else text


def as_csv(rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """The rows as lines of CSV in UTF-8 that Excel knows by its byte order mark; one line at a time."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write(BOM)
    for row in rows:
        writer.writerow([safe(cell) if isinstance(cell, str) else cell for cell in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def write_xlsx(rows: Iterable[Sequence[Cell]], file: IO[bytes]) -> None:
    """The rows as the only sheet of an XLSX file; they go to the disk one at a time.

    Raises
    ------
    MissingPackage : openpyxl is not installed.
    """
    openpyxl = _openpyxl()
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # noqa: PLC0415 (optional)

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append([safe(ILLEGAL_CHARACTERS_RE.sub("", cell)) if isinstance(cell, str) else cell for cell in row])
    book.save(file)


def read_sheet(content: bytes) -> Iterator[list[Cell]]:
    """The lines of a CSV file in UTF-8 or of the first sheet of an XLSX file; texts as they were before `safe`.

    Raises
    ------
    UnreadableFile : also later; it is neither, or unpacks to more than 100 MB.
    MissingPackage : it is XLSX and openpyxl is not installed.
    """
    lines = _xlsx_lines(content) if content.startswith(b"PK\x03\x04") else _csv_lines(content)
    for line in lines:
        yield [plain(cell) if isinstance(cell, str) else cell for cell in line]


def _csv_lines(content: bytes) -> Iterator[Sequence[Cell]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFile("the file is no UTF-8 text: save it as CSV UTF-8") from error
    header = text.partition("\n")[0]
    delimiter = max((",", ";", "\t"), key=header.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except csv.Error as error:
        raise UnreadableFile(f"the file is no CSV: {error}") from error


def _xlsx_lines(content: bytes) -> Iterator[Sequence[Cell]]:
    openpyxl = _openpyxl()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            unpacked = sum(one.file_size for one in packed.infolist())
        if unpacked > MOST_UNPACKED:
            raise UnreadableFile(f"the file unpacks to {unpacked:,} bytes, at most {MOST_UNPACKED:,} are read")
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        for row in book.worksheets[0].iter_rows(values_only=True):
            yield list(row)
    except UnreadableFile:
        raise
    except Exception as error:  # whatever the package raises of a broken file
        raise UnreadableFile(f"the file is no whole XLSX file: {error}") from error


def _openpyxl() -> Any:
    if not can_xlsx():
        raise MissingPackage("XLSX files need openpyxl: pip install django-basketry[xlsx]")
    import openpyxl  # noqa: PLC0415 (optional)

    return openpyxl
