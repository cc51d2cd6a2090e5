"""What `backmark serve` makes of an outage under load: `python -m bench.outages [--seconds 60] [--rate 4] [OUTAGE...]`.

Each outage gets a service of its own, students who hand in all the time, and a look at `/readyz` twice a second.
While it lasts, `/readyz` must say what is wrong; after it, the service must be ready within READY seconds, and
everything that was accepted must be graded within GRADED, once, as on any other day. All on the loopback interface.
"""

import argparse
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field

import httpx

from backmark.worker.serve.readiness import unready_parts
from bench.outage_kinds import OUTAGES, Serving, Unavailable, serve_for
from bench.stack import REFUSALS
from bench.student_load import StudentLoad
from bench.waiting import wait_until

#: Seconds after an outage within which the service is ready, and everything that was accepted is graded.
READY, GRADED = 30.0, 120.0
#: Seconds into an outage after which every look at `/readyz` must name it.
NOTICE = 15.0
#: Seconds of load before an outage, which it could lose, and after it.
_BEFORE, _AFTER = 5.0, 5.0


@dataclass
class OutageReport:
    """The figures of one outage."""

    name: str
    accepted: int = 0
    refused: int = 0
    ready: float = 0.0
    graded: float = 0.0
    violations: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ReadinessLook:
    """A look at `/readyz`: the seconds since the outage began, and what is wrong with Redis ("" for nothing)."""

    seconds: float
    reason: str


def measure(name: str, seconds: float, rate: float) -> OutageReport:
    """Make an outage happen to a service of its own. Raises Unavailable if this machine cannot make it."""
    outage, reason = OUTAGES[name]
    report = OutageReport(name)
    with serve_for(name) as serving, closing(StudentLoad(serving.wait_for_url(), serving.token, rate)) as load:
        with load.run():
            # The load before and after the outage is measured, too.
            time.sleep(min(_BEFORE, seconds))
            with outage(serving):
                looks = _watch(load.url, seconds)
            end = time.monotonic()
            report.ready = _time_recovery(end, lambda: unready_parts(load.url) == {}, READY, "it is not ready", report)
            time.sleep(min(_AFTER, seconds))
        report.graded = _time_recovery(end, load.is_graded, GRADED, "not all of it is graded", report)
        report.accepted, report.refused = len(load.accepted), sum(map(load.answers.count, REFUSALS))
        report.violations += _audit(load, serving)
        if reason is not None:
            report.violations += _judge_looks(looks, reason, min(NOTICE, seconds / 2))
    return report


def _watch(url: str, seconds: float) -> list[ReadinessLook]:
    """Look at `/readyz` for so long."""
    start, looks = time.monotonic(), list[ReadinessLook]()
    while (moment := time.monotonic() - start) < seconds:
        with suppress(httpx.HTTPError):
            redis_part = httpx.get(f"{url}/readyz", timeout=10).json()["parts"]["redis"]
            looks.append(ReadinessLook(moment, "" if redis_part["ok"] else str(redis_part["reason"])))
        # Often enough to see when a reason comes and goes, in a request of its own that is no load.
        time.sleep(0.5)
    return looks


def _judge_looks(looks: Sequence[ReadinessLook], reason: str, notice: float) -> Iterator[str]:
    """Yield a sentence for each other reason that was given after `notice` seconds."""
    late = [look.reason for look in looks if look.seconds > notice]
    for other_reason in {answer for answer in late if reason not in answer}:
        yield f"/readyz says of Redis: {other_reason or 'nothing'}"
    if not late:
        yield "/readyz does not answer"


def _time_recovery(
    end: float, condition: Callable[[], bool], most: float, complaint: str, report: OutageReport
) -> float:
    """Wait until the condition is true, and return the seconds since the outage ended."""
    with suppress(TimeoutError):
        wait_until(condition, "the service has recovered", most, interval=0.1)
        return time.monotonic() - end
    report.violations.append(f"{complaint} {most:.0f} s after the outage")
    return float("nan")


def _audit(load: StudentLoad, serving: Serving) -> Iterator[str]:
    """Yield a sentence for whatever is lost, doubled, wrong or was answered wrongly."""
    if strange := sorted(set(load.answers) - {202, *REFUSALS}):
        yield f"a submission was answered with {strange}"
    if serving.has_ended:
        yield "the service has ended"
        return
    stored, expected = list(load.list_submissions()), load.expected_outcomes()
    if len(stored) != len(load.accepted) or {submission["id"] for submission in stored} != set(expected):
        yield f"{len(load.accepted)} were accepted, and {len(stored)} are stored"
    ends = {submission["id"]: (submission["state"], submission["outcome"]) for submission in stored}
    wrong = [(name, *end) for name, end in ends.items() if end != ("done", expected.get(name))]
    yield from (f"{name} is {state}, {outcome}" for name, state, outcome in wrong[:5])
    if any(submission["attempt"] != 1 for submission in stored):
        yield "a student has two attempts"


def main() -> int:
    """Measure, print a table, and return 1 on a violation."""
    parser = argparse.ArgumentParser(prog="python -m bench.outages", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("outages", nargs="*", metavar="OUTAGE", help=f"of {', '.join(OUTAGES)}; all by default")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long each lasts (default: 60)")
    parser.add_argument("--rate", type=float, default=4.0, help="submissions a second (default: 4)")
    options = parser.parse_args()
    if unknown := sorted(set(options.outages) - set(OUTAGES)):
        parser.error(f"there is no outage {unknown[0]}")
    # By an exception, so that what was started and mounted is taken back.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    status = 0
    line = "{:<14} {:>8} {:>8} {:>10} {:>11}  {}"
    print(line.format("outage", "accepted", "refused", "ready, s", "graded, s", "violations"))
    for name in options.outages or OUTAGES:
        try:
            report = measure(name, options.seconds, options.rate)
        except Unavailable as error:
            print(f"{name:<14} skipped: {error}")
            continue
        figures = (report.accepted, report.refused, f"{report.ready:.1f}", f"{report.graded:.1f}")
        print(line.format(name, *figures, "; ".join(report.violations) or "none"), flush=True)
        status = 1 if report.violations else status
    return status


if __name__ == "__main__":
    sys.exit(main())
