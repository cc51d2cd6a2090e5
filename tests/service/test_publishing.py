"""An assignment's text becomes a revision that is sound, or a sentence that says why not."""

import json
import threading
from dataclasses import replace

import pytest

from grader.errors import AssignmentError
from grader.model import Ranges
from grader.properties.engine import Judge
from grader.properties.steps import STEPS
from grader.store.records import Job, Kind, Publication, Revision, State
from grader.store.submissions import New
from tests.service.conftest import Making, Sent
from tests.service.parts import COURSE, EXAMPLES, until
from worker.service import fresh
from worker.service.context import Context
from worker.service.tasks import perform

RIGHT = next(file for file in EXAMPLES if file.name == "right_loops.py").read_bytes()
TOML = 'id = "mine"\ntitle = "Mine"\n'
NO_MARKS = "".join(f"{name} = 0\n" for name in (*STEPS, "any_shape"))
#: Of this service, and of another.
OURS, OTHERS = "nobody guesses it", "nor this"


def asked(context: Context, toml: str, *, wanted: int = 0, name: str = "mine") -> Publication:
    """What the worker makes of a request."""
    requested = context.store.publications.request(COURSE, name, toml, wanted)
    perform(context, Job(Kind.PUBLICATION, requested.id))
    found = context.store.publications.get(requested.id)
    assert found is not None
    return found


def published(context: Context, toml: str, *, wanted: int = 0) -> Revision:
    publication = asked(context, toml, wanted=wanted)
    assert (publication.state, publication.refusal) == (State.DONE, None)
    found = context.store.assignments.current(COURSE, "mine")
    assert found is not None
    assert found.id == publication.revision
    return found


def verdict(context: Context, revision: Revision, source: bytes, student: str) -> dict[str, object]:
    new = New(COURSE, "mine", revision.id, student, "a.py", source)
    job = Job(Kind.SUBMISSION, context.store.submissions.accept(new).id)
    perform(context, job)
    found = context.store.submissions.verdict(job.id)
    assert found is not None, context.store.submissions.get(job.id)
    return found


def test_a_sound_assignment_is_published_and_graded_on(context: Context) -> None:
    revision = published(context, TOML)
    assert (revision.title, revision.fresh) == ("Mine", 0)
    assert len(revision.catches) > 10
    assert all(networks > 0 for _, networks in revision.catches)
    preview = json.loads(revision.preview)
    assert (preview["networks"], sum(preview["depth"].values())) == (200, 200)
    assert [(each["id"], each["networks"]) for each in preview["mistakes"]] == [*revision.catches]
    found = verdict(context, revision, RIGHT, "ann")
    assert found["outcome"] == "passed"
    assert found["assignment"] == {
        "id": "mine",
        "revision": revision.id,
        "networks_sha256": revision.networks_sha256,
        "own_networks": True,
    }


@pytest.mark.parametrize(
    ("toml", "wanted", "said"),
    [
        ("id = mine", 0, "no TOML"),
        (TOML + "depth = 3\n", 0, "depth"),
        ('id = "other"\ntitle = "Other"\n', 0, "calls itself other"),
        (TOML + "networks = 2\n[home]\nnetworks = 1\n", 0, "several_inputs"),
        (TOML + "networks = 30\n[ranges]\ndepth = [0, 2]\n", 0, "home.depth is 5"),
        (TOML + "networks = 30\n[rubric]\n" + NO_MARKS, 0, "has any marks"),
        (TOML, 5, "BACKMARK_SECRET"),
    ],
)
def test_what_a_person_can_mend_is_refused_in_a_sentence(context: Context, toml: str, wanted: int, said: str) -> None:
    publication = asked(context, toml, wanted=wanted)
    assert publication.state is State.DONE
    assert publication.revision is None
    assert said in (publication.refusal or "nothing")
    assert context.store.assignments.current(COURSE, "mine") is None


def test_more_fresh_networks_than_can_be_drawn_are_refused(making: Making) -> None:
    publication = asked(making(secret=OURS), TOML, wanted=fresh.MOST + 1)
    assert str(fresh.MOST) in (publication.refusal or "")


def test_a_worker_that_stops_hands_back_a_publication(making: Making) -> None:
    """Drawing takes a second or more: the process that draws is ended."""
    context = making(grace_seconds=0)
    requested = context.store.publications.request(COURSE, "mine", TOML + "networks = 2000\n", 0)
    job = Job(Kind.PUBLICATION, requested.id)

    def stop() -> None:
        until(lambda: context.store.jobs.running() == 1, "it runs")
        context.stop.request()

    stopping = threading.Thread(target=stop)
    stopping.start()
    perform(context, job)
    stopping.join()
    assert isinstance(context.dispatcher, Sent)
    assert context.dispatcher.again == [job]
    assert context.store.jobs.position(job) == 0


def test_fresh_networks_are_each_sources_own_and_repeat_themselves(making: Making) -> None:
    """Chosen by a secret: another would choose others, and without one nobody is graded. The verdict names them."""
    context = making(secret=OURS)
    revision = published(context, TOML + "networks = 60\n", wanted=10)
    assert revision.fresh == 10
    first = verdict(context, revision, RIGHT, "ann")
    other = verdict(context, revision, RIGHT + b"\n# mine\n", "ben")
    again = verdict(making(secret=OURS, cache_days=0), revision, RIGHT, "cid")
    elsewhere = verdict(making(secret=OTHERS, cache_days=0), revision, RIGHT, "dan")
    everyone = [first, other, again, elsewhere]
    assert [each["outcome"] for each in everyone] == ["passed"] * 4
    hashes = [each["assignment"]["networks_sha256"] for each in everyone]  # type: ignore[index]
    assert hashes[0] == hashes[2]
    assert len(set(hashes)) == 3
    assert revision.networks_sha256 not in hashes
    assert {each["assignment"]["revision"] for each in everyone} == {revision.id}  # type: ignore[index]
    assert {each["statistics"]["networks"] for each in everyone} == {70}  # type: ignore[index]
    assert again["properties"] == first["properties"]
    with pytest.raises(AssignmentError, match="BACKMARK_SECRET"):
        making().graders.grader(revision, "0" * 64)


def test_a_choice_covers_the_whole_pool(udl: Judge) -> None:
    chosen = [set(fresh.chosen(b"secret", "revision", f"{i:064}", 50, 10)) for i in range(50)]
    assert all(len(each) == 10 for each in chosen)
    assert set.union(*chosen) == set(range(50))
    with pytest.raises(AssignmentError):
        fresh.chosen(b"secret", "revision", "", 5, 6)
    assert udl.assignment.ranges == Ranges()


def test_a_pool_is_drawn_by_a_seed_that_only_the_secret_tells(udl: Judge) -> None:
    pools = [fresh.pool_assignment(udl.assignment, 10, secret) for secret in (b"one", b"two")]
    assert pools[0].seed != pools[1].seed
    assert pools[0].networks == 200
    assert replace(pools[0], seed=0, networks=0) == replace(udl.assignment, seed=0, networks=0)
    assert fresh.pool_assignment(udl.assignment, 100, b"one").networks == 500


def test_joined_networks_stand_in_order_of_depth(udl: Judge) -> None:
    found = fresh.joined(udl.revision, udl.revision, [0, 150, 3])
    depths = [len(sizes) for sizes in found.suite.sizes]
    assert depths == sorted(depths)
    assert len(found.suite) == 203
    assert sorted(found.suite.corners) == sorted([*udl.suite.corners, *(udl.suite.corners[i] for i in (0, 150, 3))])
