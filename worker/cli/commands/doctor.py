"""`backmark doctor`: check whether this machine can isolate submissions."""

import json
from dataclasses import asdict

import click

from backmark.grader.settings import machine
from backmark.worker.cli.exit_status import ExitStatus
from backmark.worker.cli.options import json_option
from backmark.worker.sandbox.policy import Way


@click.command()
@json_option
def doctor(*, as_json: bool) -> ExitStatus:
    """Check whether this machine can isolate submissions.

    The command starts a real jail. For each problem it says what to do.

    Exit status: 0 this machine can isolate submissions; 3 it cannot.
    """
    from backmark.worker.sandbox.doctor import examine  # noqa: PLC0415 - cold start: only this command needs it

    settings = machine.from_environment()
    report = examine(settings.bwrap, Way(settings.jail))
    if as_json:
        findings = [asdict(finding) for finding in report.findings]
        click.echo(json.dumps({"can_isolate": report.can_isolate, "findings": findings}))
    else:
        for finding in report.findings:
            click.secho("ok  " if finding.ok else "no  ", fg="green" if finding.ok else "red", nl=False)
            click.echo(f"{finding.name}: {finding.text}")
            if finding.remedy and not finding.ok:
                click.echo(f"      {finding.remedy}")
        click.echo(
            "This machine can isolate submissions."
            if report.can_isolate
            else "This machine cannot isolate submissions, so Backmark refuses to run any here."
        )
    return ExitStatus.SUCCESS if report.can_isolate else ExitStatus.FAILURE
