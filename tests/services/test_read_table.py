"""Files of any shape give the same rows."""

import gzip
from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recommendations.exceptions import UnreadableFile
from recommendations.services.read_table import open_table


def _read(path, wanted, **options):
    with open_table(path, **options) as table:
        return [row.cells for row in table.rows(wanted)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_in_the_header(tmp_path, delimiter):
    path = tmp_path / "orders.csv"
    path.write_text(f"order{delimiter}item\n1{delimiter}tea\n")
    assert _read(path, ["item", "order"]) == [("tea", "1")]


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_bytes(b"\xef\xbb\xbforder,item\n1,\xe8\x8c\xb6\n")
    assert _read(path, ["order", "item"]) == [("1", "茶")]


def test_gzip_is_known_by_its_bytes(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_bytes(gzip.compress(b"order,item\n1,tea\n"))
    assert _read(path, ["order", "item"]) == [("1", "tea")]


def test_a_line_with_another_number_of_cells_is_malformed_and_the_next_is_read(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text('order,item\n1,"tea\npot"\n2\n\n3,cup\n')
    with open_table(path) as table:
        rows = list(table.rows(["item"]))
    assert [(row.number, row.cells) for row in rows] == [(2, ("tea\npot",)), (4, None), (6, ("cup",))]


def test_parquet_cells_read_as_they_were_written(tmp_path):
    path = tmp_path / "orders.bin"
    columns = {
        "shopper": pa.array([17850.0, None, float("nan")]),
        "price": pa.array([2.55, 0.1, 3.0], pa.float32()),
        "at": pa.array([datetime(2010, 12, 1, 8, 26)] * 3, pa.timestamp("ns")),  # noqa: DTZ001 (as files have it)
    }
    pq.write_table(pa.table(columns), path)
    rows = _read(path, ["shopper", "price", "at"])
    assert [row[:2] for row in rows] == [("17850", "2.55"), ("", "0.1"), ("", "3")]
    assert datetime.fromisoformat(rows[0][2]) == datetime(2010, 12, 1, 8, 26)  # noqa: DTZ001


@pytest.mark.parametrize(
    "content",
    [b"", b"PAR1 and nothing more", gzip.compress(b"order,item\n1,tea\n")[:-9], b"order,item\n1,\xff\n"],
    ids=["empty", "broken parquet", "cut gzip", "other encoding"],
)
def test_a_file_that_cannot_be_read_is_told(tmp_path, content):
    path = tmp_path / "orders"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile):
        _read(path, ["order", "item"])


def test_a_missing_file_and_an_unknown_encoding_are_told(tmp_path):
    with pytest.raises(UnreadableFile):
        _read(tmp_path / "none.csv", ["order"])
    path = tmp_path / "orders.csv"
    path.write_text("order\n1\n")
    with pytest.raises(UnreadableFile):
        _read(path, ["order"], encoding="utf-99")


def test_an_error_of_whoever_reads_is_not_taken_for_the_files(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text("order\n1\n")
    with pytest.raises(KeyError):
        _fail_while_reading(path)


def _fail_while_reading(path):
    with open_table(path) as table:
        for _ in table.rows(["order"]):
            raise KeyError("mine")
