"""Read a CSV or Parquet file as rows of text, streamed: never more than a batch of it is in memory."""

import codecs
import csv
import gzip
import io
import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, Protocol

from recommendations.exceptions import UnreadableFile

DELIMITERS = (",", ";", "\t", "|")
BATCH_ROWS = 8_192


class Row(NamedTuple):
    """One line: its number in the file, the cells that were asked for (None: the line is malformed), and as it was."""

    number: int
    cells: tuple[str, ...] | None
    raw: Sequence[str]


class Table(Protocol):
    """An open file. `columns` are the names in its header."""

    columns: list[str]

    def rows(self, wanted: Sequence[str]) -> Iterator[Row]:
        """The lines in order, with the cells of the `wanted` columns; an empty cell is an empty text."""

    def raw_columns(self, wanted: Sequence[str]) -> list[str]:
        """What the texts of `Row.raw` are columns of."""

    def fraction(self) -> float:
        """How much of the file has been read, 0 to 1."""


@contextmanager
def open_table(path: Path, *, encoding: str = "utf-8-sig", delimiter: str = "") -> Iterator[Table]:
    """Open a file; its first bytes, not its name, tell Parquet, gzip and plain text apart.

    Raises
    ------
    UnreadableFile : also later, while rows are read, where the file breaks off or is no text of this encoding.
    """
    with _readable(encoding):
        codecs.lookup(encoding)
        file = path.open("rb")
    with file:
        with _readable(encoding):
            magic = file.read(4)
            file.seek(0)
            table: Table = _ParquetTable(file) if magic == b"PAR1" else _CsvTable(file, magic, encoding, delimiter)
        yield table


@contextmanager
def _readable(encoding: str) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableFile(f"the file cannot be read: {error}") from error
    except (UnicodeError, LookupError) as error:
        raise UnreadableFile(f"the file is no {encoding} text; name its encoding: {error}") from error


class _CsvTable:
    def __init__(self, file: IO[bytes], magic: bytes, encoding: str, delimiter: str) -> None:
        self._file, self._encoding = file, encoding
        self._size = max(os.fstat(file.fileno()).st_size, 1)
        content = gzip.GzipFile(fileobj=file) if magic.startswith(b"\x1f\x8b") else file
        # newline="" as the csv module wants it: a cell may hold line breaks.
        self._text = io.TextIOWrapper(content, encoding=encoding, newline="")
        header = self._text.readline().removeprefix("\ufeff")
        if not header.strip():
            raise UnreadableFile("the file is empty: its first line must name the columns")
        self._delimiter = delimiter or _delimiter(header)
        self.columns = [name.strip() for name in next(csv.reader([header], delimiter=self._delimiter))]

    def rows(self, wanted: Sequence[str]) -> Iterator[Row]:
        places = [self.columns.index(name) for name in wanted]
        width = len(self.columns)
        reader = csv.reader(self._text, delimiter=self._delimiter)
        with _readable(self._encoding):
            while True:
                number = reader.line_num + 2
                try:
                    raw = next(reader)
                except StopIteration:
                    return
                except csv.Error:
                    yield Row(number, None, [])
                    continue
                if len(raw) == width:
                    yield Row(number, tuple([raw[place] for place in places]), raw)
                elif raw:
                    yield Row(number, None, raw)

    def raw_columns(self, wanted: Sequence[str]) -> list[str]:  # noqa: ARG002 (a CSV line is kept whole)
        return self.columns

    def fraction(self) -> float:
        return min(self._file.tell() / self._size, 1.0)


class _ParquetTable:
    def __init__(self, file: IO[bytes]) -> None:
        try:
            import pyarrow as pa  # noqa: PLC0415 (optional: CSV files need nothing)
            import pyarrow.parquet as pq  # noqa: PLC0415
        except ImportError as error:
            raise UnreadableFile("Parquet files need pyarrow: pip install django-basketry[import]") from error
        self._pa = pa
        try:
            self._file = pq.ParquetFile(file)
        except pa.ArrowException as error:
            raise UnreadableFile(f"the file is no whole Parquet file: {error}") from error
        self.columns = list(self._file.schema_arrow.names)
        self._read, self._total = 0, max(self._file.metadata.num_rows, 1)

    def rows(self, wanted: Sequence[str]) -> Iterator[Row]:
        try:
            for batch in self._file.iter_batches(batch_size=BATCH_ROWS, columns=list(dict.fromkeys(wanted))):
                columns = {name: _texts(self._pa, batch.column(name)) for name in batch.schema.names}
                for cells in zip(*[columns[name] for name in wanted], strict=True):
                    self._read += 1
                    yield Row(self._read, cells, cells)
        except self._pa.ArrowException as error:
            raise UnreadableFile(f"a Parquet column cannot be read: {error}") from error

    def raw_columns(self, wanted: Sequence[str]) -> list[str]:
        return list(wanted)

    def fraction(self) -> float:
        return float(self._read / self._total)


def _delimiter(header: str) -> str:
    """The delimiter that splits the header into most columns."""
    return max(DELIMITERS, key=lambda one: len(next(csv.reader([header], delimiter=one))))


def _texts(pa: Any, column: Any) -> list[str]:
    """A column as texts: floats as short as they round-trip (2.55, not 2.5499999), gaps and NaN as empty texts."""
    is_float = pa.types.is_floating(column.type)
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    texts = column.cast(pa.string()).to_pylist()
    return ["" if text is None or (is_float and text == "nan") else text for text in texts]
