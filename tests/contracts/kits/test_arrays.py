"""Arrays from a stranger: within bounds, and as plain as they say."""

import io
import zipfile

import numpy as np
import pytest

from backmark.grader.contracts.judging.revision import DAMAGE
from backmark.grader.contracts.kits import arrays
from backmark.grader.contracts.kits.arrays import read_arrays


def zip_members(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.npy", data)
    return file.getvalue()


def write_array(array: object) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def test_arrays_come_back_as_they_were() -> None:
    given = {"a": np.arange(6.0).reshape(2, 3), "b": np.arange(3, dtype=np.uint8), "c": np.zeros((0, 4, 0), np.float32)}
    read = read_arrays(zip_members(**{name: write_array(array) for name, array in given.items()}), given)
    assert {name: (array.shape, array.dtype, array.tolist()) for name, array in read.items()} == {
        name: (array.shape, array.dtype, array.tolist()) for name, array in given.items()
    }


def test_a_member_that_unpacks_to_more_than_it_may_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "MOST_UNPACKED", 1000)
    bomb = zip_members(a=write_array(np.zeros(100_000)))
    assert len(bomb) < 2000
    with pytest.raises(ValueError, match="too large"):
        read_arrays(bomb, ["a"])


def test_a_file_that_is_larger_than_it_may_be_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "MOST_BYTES", 10)
    with pytest.raises(ValueError, match="too large"):
        read_arrays(zip_members(a=write_array(np.zeros(1))), ["a"])


@pytest.mark.parametrize("names", [["a"], ["a", "b", "c"], ["b", "c"]])
def test_other_members_than_there_should_be_are_refused(names: list[str]) -> None:
    data = zip_members(a=write_array(np.zeros(1)), b=write_array(np.zeros(1)))
    with pytest.raises(ValueError, match="other files"):
        read_arrays(data, names)


HEADER = write_array(np.zeros(4))


@pytest.mark.parametrize(
    "member",
    [
        write_array(np.array([print], dtype=object)),
        write_array(np.asfortranarray(np.zeros((2, 3)))),
        write_array(np.zeros(2, np.int64)),
        write_array(np.zeros((1, 1, 1, 1))),
        HEADER[:-8],
        HEADER.replace(b"(4,)", b"(9,)"),
        HEADER.replace(b"(4,)", b"(-4)"),
        HEADER.replace(b"'shape'", b"'shepa'"),
        HEADER.replace(b"\x01\x00", b"\x02\x00", 1),
        HEADER[:8] + b"\xff\xff" + HEADER[10:],
        b"\x93NUMPY",
        b"",
    ],
)
def test_what_is_no_plain_array_of_numbers_is_refused(member: bytes) -> None:
    with pytest.raises(DAMAGE):
        read_arrays(zip_members(a=member), ["a"])
