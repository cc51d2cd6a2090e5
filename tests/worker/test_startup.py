"""What commands beside a service say when they find none."""

from pathlib import Path

import pytest

from backmark.grader.errors import StoreUnavailable
from backmark.worker.cli import startup


def test_a_reason_that_is_a_sentence_has_one_full_stop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(_: object) -> None:
        raise StoreUnavailable("Redis does not answer: Connection refused.")

    monkeypatch.setattr(startup, "_ping", refuse)
    monkeypatch.setenv("BACKMARK_DATA", str(tmp_path))
    monkeypatch.delenv("BACKMARK_REDIS_URL", raising=False)
    with pytest.raises(StoreUnavailable, match=r"Connection refused\. If you started"):
        startup.find_service()
