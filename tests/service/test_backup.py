"""A service is backed up while students hand in, and its backup goes on elsewhere: nothing is lost or graded twice."""

import itertools
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backmark.grader.model.records import State
from backmark.worker.serve.embedded import EmbeddedRedis, lasting_port
from tests.service.parts import EXAMPLES, ROOT, SLEEPER, Service, until
from tests.service.parts import service as start_service

RIGHT = next(file for file in EXAMPLES if file.name == "right_loops.py").read_bytes()


@contextmanager
def hand_in(service: Service) -> Iterator[list[str]]:
    """Hand in twenty submissions a second within this block; yields the ids of those that are accepted."""
    accepted_names: list[str] = []
    stop = threading.Event()

    def work() -> None:
        for number in itertools.count():
            if stop.wait(0.05):
                return
            accepted_names.append(service.submit(RIGHT + b"\n# %d" % number, "a.py", f"student-{number}"))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield accepted_names
    finally:
        stop.set()
        thread.join()


def backmark(service: Service, *words: str) -> None:
    command = [sys.executable, "-m", "backmark.worker.cli.main", *words]
    url = service.variables["BACKMARK_REDIS_URL"]
    subprocess.run(command, cwd=ROOT, env={"BACKMARK_REDIS_URL": url}, check=True, capture_output=True)


def test_every_submission_that_was_accepted_before_a_backup_gets_one_verdict_from_it(
    service: Service, tmp_path: Path
) -> None:
    """What waited is sent again, and what ran is taken up again."""
    service.start("sweeper")
    service.worker(1)
    sleeper = service.submit(SLEEPER, "a.py", "sleepy")
    until(lambda: service.submission(sleeper).state is State.RUNNING, "it runs")
    with hand_in(service) as accepted_names:
        until(lambda: len(accepted_names) > 20, "some wait")
        before = [sleeper, *accepted_names]
        backmark(service, "service", "backup", str(tmp_path / "backup"))
    server = EmbeddedRedis(tmp_path / "elsewhere", lasting_port())
    server.start()
    folder = tmp_path / "restored"
    folder.mkdir()
    with start_service(server.url, folder) as restored_service:
        backmark(restored_service, "service", "restore", str(tmp_path / "backup"))
        states = {restored_service.submission(name).state for name in before}
        assert states >= {State.QUEUED, State.RUNNING}
        restored_service.start("sweeper")
        restored_service.worker()
        submissions = restored_service.wait_for_ends(*before)
        assert {submission.state for submission in submissions} == {State.DONE}
        assert {submission.outcome for submission in submissions[1:]} == {"passed"}
        keys = [f"bm:verdict:{name}:*" for name in before]
        assert {len(list(restored_service.store.redis.scan_iter(key))) for key in keys} == {1}
    server.stop()
