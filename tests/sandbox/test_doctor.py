"""The doctor tells what a real jail showed, and says what to do."""

from pathlib import Path

from worker.sandbox import doctor
from worker.sandbox.policy import Launch


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


def test_a_bubblewrap_that_makes_no_jail_is_found_out(jail: Launch, tmp_path: Path) -> None:
    false = tmp_path / "bwrap"
    false.write_text("#!/bin/sh\necho bubblewrap 0.1.0\n[ $# = 1 ]\n", encoding="ascii")
    false.chmod(0o755)
    report = doctor.examine(str(false))
    assert jail.jailed
    assert not report.can_isolate
    assert "CVE" in next(finding.text for finding in report.findings if finding.name == "bubblewrap")
    assert next(finding.remedy for finding in report.findings if finding.name == "jail")
