"""What `backmark serve` makes of an outage under load: `python -m bench.outages [--seconds 60] [--rate 4] [OUTAGE...]`.

Each outage gets a service of its own, students who hand in all the time, and a look at `/readyz` twice a second.
While it lasts, `/readyz` must say what is wrong; after it, the service must be ready within READY seconds, and
everything that was accepted must be graded within GRADED, once, as on any other day. All on the loopback interface.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import redis

from bench.submissions import EXAMPLES
from worker.serve.die_with_parent import tie_to_parent
from worker.serve.embedded import find_server
from worker.serve.readiness import unready_parts

#: Seconds after an outage within which the service is ready, and everything that was accepted is graded.
READY, GRADED = 30.0, 120.0
#: Answers that refuse a submission for now: the store is away, or its storage is full.
REFUSED = (503, 507)
#: Seconds into an outage after which every look at `/readyz` must name it.
NOTICED = 15.0
#: Bytes of the disk that is filled.
_DISK = 64 << 20
_START = 90.0
#: What is handed in, and its outcome.
_WORK = (("right_loops.py", "passed"), ("missing_factor_two.py", "failed"), ("right_einsum.py", "passed"))
_LIBRARIES = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/lib*/faketime/libfaketimeMT.so.1")


class Missing(Exception):
    """This machine cannot make such an outage."""


@dataclass
class Load:
    """Students who hand in one file each, `rate` a second, and ask again until it is accepted."""

    url: str
    token: str
    rate: float
    accepted: dict[int, str] = field(default_factory=dict)
    answers: list[int] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    # One for all: each would read the machine's certificates anew.
    _client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=15))

    def run(self, hands: ThreadPoolExecutor) -> None:
        """Hand in until `end`."""
        number = 0
        while not self._over.wait(1 / self.rate):
            hands.submit(self._hand_in, number)
            number += 1

    def end(self) -> None:
        """Begin nothing more; what was refused is still asked for again."""
        self._over.set()

    def close(self) -> None:
        """Close its connections, when all is looked at."""
        self._client.close()

    def _hand_in(self, number: int) -> None:
        source = (EXAMPLES / _WORK[number % len(_WORK)][0]).read_text(encoding="utf-8")
        body = {"assignment": "udl-7.2", "student": f"s{number}", "filename": "a.py", "source": f"{source}# {number}\n"}
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": f"work-{number}"}
        until = time.monotonic() + 600
        while time.monotonic() < until:
            # Nobody knows whether what was not answered was recorded: that is what the key is for.
            with suppress(httpx.HTTPError):
                answer = self._client.post(f"{self.url}/api/v1/submissions", json=body, headers=headers)
                self.answers.append(answer.status_code)
                if answer.status_code == 202:
                    self.accepted[number] = answer.json()["id"]
                    return
            # Refused or not reached: the same key again, as a portal would, without a flood of its own.
            time.sleep(0.5)


@dataclass
class Serving:
    """A running `backmark serve`."""

    data: Path
    process: "subprocess.Popen[bytes]"
    said: Path

    def text(self) -> str:
        """Return all that it said."""
        return self.said.read_text(encoding="utf-8", errors="replace")

    def url(self) -> str:
        """Return its address, once it is ready."""
        wait(lambda: "ready at " in self.text() or self.process.poll() is not None, _START)
        if "ready at " not in self.text():
            raise RuntimeError(self.text())
        return self.text().partition("ready at ")[2].split()[0]

    def redis(self) -> "redis.Redis":
        """Return a client of its Redis."""
        lines = (self.data / "environment").read_text(encoding="utf-8").splitlines()
        (url,) = (line.partition("=")[2].strip("'") for line in lines if line.startswith("BACKMARK_REDIS_URL="))
        return redis.Redis.from_url(url)


Outage = Callable[[Serving], AbstractContextManager[None]]


@contextmanager
def memory(serving: Serving) -> Iterator[None]:
    """Redis has less memory than it uses."""
    client = serving.redis()
    before: Any = client.config_get("maxmemory")
    client.config_set("maxmemory", "1")
    try:
        yield
    finally:
        client.config_set("maxmemory", before["maxmemory"])


@contextmanager
def disk(serving: Serving) -> Iterator[None]:
    """The disk of the data folder has no byte left."""
    filler = serving.data.parent / "filler"
    with filler.open("wb", buffering=0) as stream, suppress(OSError):
        while stream.write(b"\0" * 4096):
            pass
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def paused(serving: Serving) -> Iterator[None]:
    """Redis is stopped by a signal and does not answer."""
    information: Any = serving.redis().info("server")
    pid = int(information["process_id"])
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def clock(offset: str) -> Outage:
    """Redis's clock is so many seconds off."""

    @contextmanager
    def moved(serving: Serving) -> Iterator[None]:
        moment = serving.data.with_name("clock")
        moment.write_text(f"{offset}\n", encoding="ascii")
        try:
            yield
        finally:
            moment.write_text("+0\n", encoding="ascii")

    return moved


#: Each with what `/readyz` must say while it lasts; None where the service works on.
OUTAGES: dict[str, tuple[Outage, str | None]] = {
    "memory": (memory, "no space left in Redis's memory"),
    "disk": (disk, "no space left on the disk"),
    "paused": (paused, "Redis does not answer"),
    "clock-back": (clock("-3600"), None),
    "clock-forward": (clock("+3600"), None),
}


@dataclass
class Report:
    """What came of one outage."""

    name: str
    accepted: int = 0
    refused: int = 0
    ready: float = 0.0
    graded: float = 0.0
    violations: list[str] = field(default_factory=list)


def measure(name: str, seconds: float, rate: float) -> Report:
    """Let one outage happen to a service of its own. Missing if this machine cannot make it."""
    outage, reason = OUTAGES[name]
    report = Report(name)
    with (
        tempfile.TemporaryDirectory() as scratch,
        _place(Path(scratch), name) as folder,
        _served(folder, name) as serving,
    ):
        load = Load(serving.url(), (serving.data / "token").read_text(encoding="ascii").strip(), rate)
        with ThreadPoolExecutor(64) as hands:
            sending = threading.Thread(target=load.run, args=(hands,))
            sending.start()
            try:
                # Load before the outage, to be lost by it.
                time.sleep(min(5.0, seconds))
                with outage(serving):
                    said = _watch(load.url, seconds)
                ended = time.monotonic()
                report.ready = _after(ended, lambda: unready_parts(load.url) == {}, READY, "it is not ready", report)
                # Load after it, as it is taken up again.
                time.sleep(min(5.0, seconds))
            finally:
                load.end()
                sending.join()
        report.graded = _after(ended, lambda: not _unfinished(load), GRADED, "not all of it is graded", report)
        report.accepted, report.refused = len(load.accepted), sum(map(load.answers.count, REFUSED))
        _judge(report, load, serving)
        load.close()
        if reason is not None:
            late = [what for when, what in said if when > min(NOTICED, seconds / 2)]
            report.violations += [
                f"/readyz says of Redis: {what or 'nothing'}" for what in set(late) if reason not in what
            ]
            if not late:
                report.violations.append("/readyz does not answer")
    return report


def _watch(url: str, seconds: float) -> list[tuple[float, str]]:
    """Look at `/readyz` for so long: when it was asked, and what was wrong with Redis ("" for nothing)."""
    began, said = time.monotonic(), list[tuple[float, str]]()
    while (now := time.monotonic() - began) < seconds:
        with suppress(httpx.HTTPError):
            redis_part = httpx.get(f"{url}/readyz", timeout=10).json()["parts"]["redis"]
            said.append((now, "" if redis_part["ok"] else str(redis_part["reason"])))
        # Often enough to see when a reason comes and goes, in a request of its own that is no load.
        time.sleep(0.5)
    return said


def _after(ended: float, true: Callable[[], bool], most: float, complaint: str, report: Report) -> float:
    """Wait until it is true, and return the seconds since the outage ended."""
    with suppress(TimeoutError):
        wait(true, most)
        return time.monotonic() - ended
    report.violations.append(f"{complaint} {most:.0f} s after the outage")
    return float("nan")


def _judge(report: Report, load: Load, serving: Serving) -> None:
    complaints = report.violations
    if strange := sorted(set(load.answers) - {202, *REFUSED}):
        complaints.append(f"a submission was answered with {strange}")
    if serving.process.poll() is not None:
        complaints.append("the service has ended")
        return
    stored = list(_pages(load))
    if len(stored) != len(load.accepted) or {each["id"] for each in stored} != set(load.accepted.values()):
        complaints.append(f"{len(load.accepted)} were accepted, and {len(stored)} are stored")
    outcome = {load.accepted[number]: _WORK[number % len(_WORK)][1] for number in load.accepted}
    wrong = [each for each in stored if (each["state"], each["outcome"]) != ("done", outcome.get(each["id"]))]
    complaints += [f"{each['id']} is {each['state']}, {each['outcome']}" for each in wrong[:5]]
    if any(each["attempt"] != 1 for each in stored):
        complaints.append("a student has two attempts")


def _unfinished(load: Load) -> bool:
    with suppress(httpx.HTTPError, KeyError, ValueError):
        return any(each["state"] in {"queued", "running"} for each in _pages(load))
    return True


def _pages(load: Load) -> Iterator[dict[str, Any]]:
    """Every submission that is stored."""
    cursor: str | None = ""
    while cursor is not None:
        asked = {"limit": "100"} | ({"cursor": cursor} if cursor else {})
        headers = {"Authorization": f"Bearer {load.token}"}
        answer = httpx.get(f"{load.url}/api/v1/submissions", params=asked, headers=headers, timeout=15)
        body = answer.raise_for_status().json()
        yield from body["items"]
        cursor = body["next"]


def wait(true: Callable[[], bool], seconds: float) -> None:
    """Wait until it is true; TimeoutError if that takes longer."""
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            raise TimeoutError
        # Nothing announces it: it is looked at until the time is up.
        time.sleep(0.1)


@contextmanager
def _place(scratch: Path, name: str) -> Iterator[Path]:
    """A folder for the service: on a small disk of its own if that is to be filled."""
    if name != "disk":
        yield scratch
        return
    folder = scratch / "disk"
    folder.mkdir()
    mount = [_program("mount"), "-t", "tmpfs", "-o", f"size={_DISK}", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        raise Missing("a small disk can only be mounted by root, and not everywhere")
    try:
        yield folder
    finally:
        subprocess.run([_program("umount"), "--lazy", str(folder)], check=True)


def _program(name: str) -> str:
    return shutil.which(name) or name


@contextmanager
def _served(folder: Path, name: str) -> Iterator[Serving]:
    data, said = folder / "data", Path(tempfile.mkstemp(prefix="backmark-outage-")[1])
    kept = {key: value for key, value in os.environ.items() if not key.startswith("BACKMARK_")}
    if name.startswith("clock"):
        kept["PATH"] = f"{_moved_server(folder)}:{kept['PATH']}"
    kept |= {"PYTHONUNBUFFERED": "1", "BACKMARK_SUBMIT_RATE": "100000/minute", "BACKMARK_READ_RATE": "100000/minute"}
    words = ["serve", "--data", str(data), "--bind", "127.0.0.1:0", "--workers", "2"]
    with said.open("wb") as output:
        process = subprocess.Popen(
            tie_to_parent([sys.executable, "-m", "worker.cli.main", *words]), env=kept, stdout=output, stderr=output
        )
    try:
        yield Serving(data, process, said)
    finally:
        process.terminate()
        process.wait(60)
        said.unlink()


def _moved_server(folder: Path) -> Path:
    """Make a Redis server whose clock a file moves, and return the folder that it is found in."""
    libraries = [found for pattern in _LIBRARIES for found in Path("/").glob(pattern.lstrip("/"))]
    server = find_server()
    if not libraries or server is None:
        raise Missing("Redis's clock is moved by libfaketime: install the package faketime")
    place, moment = folder / "bin", folder / "clock"
    place.mkdir()
    moment.write_text("+0\n", encoding="ascii")
    script = place / "redis-server"
    script.write_text(
        "#!/bin/sh\n"
        f"export LD_PRELOAD={libraries[0]} FAKETIME_TIMESTAMP_FILE={moment}\n"
        "export FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_CACHE_DURATION=1\n"
        f'exec {server} "$@"\n',
        encoding="ascii",
    )
    script.chmod(0o755)
    return place


def main() -> int:
    """Measure, print a table, and return 1 on a violation."""
    parser = argparse.ArgumentParser(prog="python -m bench.outages", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("outages", nargs="*", metavar="OUTAGE", help=f"of {', '.join(OUTAGES)}; all by default")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long each lasts (default: 60)")
    parser.add_argument("--rate", type=float, default=4.0, help="submissions a second (default: 4)")
    given = parser.parse_args()
    if unknown := sorted(set(given.outages) - set(OUTAGES)):
        parser.error(f"there is no outage {unknown[0]}")
    # What was started and mounted is taken back.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    broken = False
    line = "{:<14} {:>8} {:>8} {:>10} {:>11}  {}"
    print(line.format("outage", "accepted", "refused", "ready, s", "graded, s", "violations"))
    for name in given.outages or OUTAGES:
        try:
            found = measure(name, given.seconds, given.rate)
        except Missing as error:
            print(f"{name:<14} skipped: {error}")
            continue
        figures = (found.accepted, found.refused, f"{found.ready:.1f}", f"{found.graded:.1f}")
        print(line.format(name, *figures, "; ".join(found.violations) or "none"), flush=True)
        broken |= bool(found.violations)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
