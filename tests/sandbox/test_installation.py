"""An installation that changes under a running worker is noticed."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from backmark.worker.sandbox.installation import Installation
from backmark.worker.sandbox.policy import INSIDE, find_numpy


@pytest.mark.parametrize(
    "change",
    [
        lambda file: file.unlink(),
        lambda file: file.write_text("other"),
        lambda file: os.utime(file, (1, 1)),
        lambda file: file.parent.rename(file.parent.with_name("~umpy")),
    ],
    ids=["removed", "rewritten", "unpacked", "moved away"],
)
def test_what_an_installer_does_to_a_file_is_noticed(tmp_path: Path, change: Callable[[Path], object]) -> None:
    file = tmp_path / "numpy" / "__init__.py"
    file.parent.mkdir()
    file.write_text("of a")
    installation = Installation.of([file])
    assert installation.fault() == ""
    change(file)
    assert "start it again" in installation.fault()


def test_numpy_and_all_of_ours_that_runs_in_a_jail_are_looked_at() -> None:
    looked_at = {Path(file) for file in Installation.of().stamps}
    assert looked_at == {find_numpy() / "__init__.py", *INSIDE.rglob("*.py")}
