"""Arrays mapped from files that may be anything."""

import io
import zipfile

import numpy as np
import pytest

from recommendations.data import npz
from recommendations.exceptions import ArtefactRefused

ARRAYS = {
    "numbers": np.arange(6, dtype="<f4").reshape(2, 3),
    "columns": np.asfortranarray(np.arange(6, dtype="<i4").reshape(2, 3)),
    "one": np.array(7, dtype="<i8"),
    "none": np.zeros((0, 4), dtype="<f4"),
    "flags": np.array([True, False]),
    "small": np.arange(3, dtype="|u1"),
}


def read(path):
    with path.open("rb") as file:
        return npz.mapped(path, file)


def archive(path, **members):
    """A zip file with these bytes as members."""
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(f"{name}.npy", content)
    return path


def header(descr="'<f4'", shape="(3,)", order="False"):
    text = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


def test_what_is_written_is_read_as_it_was(tmp_path):
    path = tmp_path / "some.npz"
    with path.open("wb") as file:
        npz.write(file, ARRAYS)
    found = read(path)
    assert list(found) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)
        assert not found[name].flags.writeable
    assert found["columns"].flags.c_contiguous


def test_arrays_lie_in_the_file_as_they_would_in_memory(tmp_path):
    path = tmp_path / "some.npz"
    arrays = {"odd" * length: np.ones(length, dtype="|u1") for length in range(1, 9)} | {"last": np.ones(3, "<f8")}
    with path.open("wb") as file:
        npz.write(file, arrays)
    found = read(path)
    assert [array.ctypes.data % npz.ALIGNED for array in found.values()] == [0] * len(arrays)
    with np.load(path) as loaded:
        assert loaded["last"].tolist() == [1.0] * 3, "as any other npz file"


def test_arrays_stay_those_of_the_file_that_was_read_when_another_takes_its_place(tmp_path):
    path, other = tmp_path / "some.npz", tmp_path / "other.npz"
    for file, value in ((path, 1.0), (other, 2.0)):
        with file.open("wb") as opened:
            npz.write(opened, {"numbers": np.full(3, value)})
    found = read(path)
    other.replace(path)
    assert found["numbers"].tolist() == [1.0] * 3
    assert read(path)["numbers"].tolist() == [2.0] * 3


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"short",
        header(),
        header() + b"\0" * 11,
        header() + b"\0" * 13,
        header(shape="(-3,)") + b"\0" * 12,
        header(shape="(4611686018427387905, 4)") + b"\0" * 16,
        header(shape="(9999999999999999999,)") + b"\0" * 12,
        header(shape="(99999999999999999999999,)") + b"\0" * 12,
        header(shape="(3.0,)") + b"\0" * 12,
        header(shape="(True,)") + b"\0" * 4,
        header(shape="((3,),)") + b"\0" * 12,
        header(shape="3") + b"\0" * 12,
        header(shape="(" * 5_000) + b"\0" * 12,
        header(descr="'|O'") + b"\0" * 24,
        header(descr="'|V4'") + b"\0" * 12,
        header(descr="[('a', '<f4')]") + b"\0" * 12,
        header(descr="'<f3'") + b"\0" * 9,
        header(descr="'<M8[s]'") + b"\0" * 24,
        header(order="__import__('os').abort()") + b"\0" * 12,
        b"\x93NUMPY\x03\x00" + header()[8:] + b"\0" * 12,
    ],
)
def test_a_member_that_is_no_whole_array_of_plain_numbers_is_refused(tmp_path, content):
    with pytest.raises(ArtefactRefused):
        read(archive(tmp_path / "bad.npz", numbers=content))


def test_a_byte_changed_anywhere_gives_a_refusal_or_plain_numbers(tmp_path):
    """Every byte of a small file in turn: refused or still arrays of numbers, and no other exception."""
    buffer = io.BytesIO()
    npz.write(buffer, {"numbers": np.arange(3, dtype="<f4")})
    whole, path = buffer.getvalue(), tmp_path / "bad.npz"
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1 :])
        try:
            found = read(path)
        except ArtefactRefused:
            continue
        assert all(array.dtype.kind in "biuf" for array in found.values())


def test_a_file_cut_anywhere_is_refused(tmp_path):
    buffer = io.BytesIO()
    npz.write(buffer, {"numbers": np.arange(3, dtype="<f4")})
    whole, path = buffer.getvalue(), tmp_path / "bad.npz"
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(ArtefactRefused):
            read(path)


def test_two_arrays_of_one_name_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "twice.npz", "w") as file:
        file.writestr("numbers.npy", header() + b"\0" * 12)
        with pytest.warns(UserWarning, match="Duplicate name"):
            file.writestr("numbers.npy", header() + b"\1" * 12)
    with pytest.raises(ArtefactRefused, match="two of one name"):
        read(tmp_path / "twice.npz")


def test_a_compressed_member_is_refused_without_unpacking_it(tmp_path):
    """A gigabyte of zeros is a megabyte here."""
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("numbers.npy", header(shape="(10000000,)") + bytes(40_000_000))
    with pytest.raises(ArtefactRefused, match="compressed"):
        read(tmp_path / "bomb.npz")
