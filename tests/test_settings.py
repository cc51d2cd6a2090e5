"""What the owner of a machine sets."""

import pytest

from grader.errors import ServiceError
from grader.settings import machine


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("768mb", 768 << 20),
        ("2GB", 2 << 30),
        ("65536kb", 64 << 20),
        ("100m", 10**8),
        ("1g", 10**9),
        ("80000000", 8 * 10**7),
    ],
)
def test_memory_is_written_as_redis_writes_it(text: str, size: int) -> None:
    assert machine.parse_memory(text) == size


@pytest.mark.parametrize("text", ["", "much", "-1gb", "0", "63mb", "1.5gb", "1tb", "1 g b"])
def test_a_memory_that_is_none_or_too_little_is_named(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"768mb|64mb"):
        machine.parse_memory(text)
    if text:
        monkeypatch.setenv("BACKMARK_REDIS_MAXMEMORY", text)
        with pytest.raises(ServiceError, match="BACKMARK_REDIS_MAXMEMORY"):
            machine.from_environment()
