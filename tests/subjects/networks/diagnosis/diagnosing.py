"""What is said of a source of our own, run within the tests' process."""

from grader.judge.agreement import disagreeing
from grader.model.verdict import Diagnosis
from grader.subjects.networks.diagnosis.diagnoser import Diagnoser
from tests.local import local
from tests.networks import NetworksJudge


def diagnose(source: str, judge: NetworksJudge, *, watched: bool = True) -> tuple[Diagnosis, ...]:
    """What explains its answers to the networks that decide; what it keeps between calls is left to the judge.

    `watched` says whether it is asked again what it writes on its way.
    """
    candidate = local(source, judge.assignment)
    answers = candidate.answer(judge.revision.suite)
    wrong = [i for i, disagrees in enumerate(disagreeing(judge.revision.suite, answers)) if disagrees]
    diagnoser: Diagnoser = judge.revision.subject.diagnoser
    evidence = dict(enumerate(candidate.evidence(judge.revision.suite))) if wrong and watched else {}

    def fails_alone() -> bool:
        network = judge.revision.suite.take(wrong[:1])
        return disagreeing(network, local(source, judge.assignment).answer(network))[0]

    return diagnoser.diagnose(
        answers, wrong, evidence, repeats=True, differentiates=False, fails_alone=fails_alone
    ).diagnoses


def list_ids(source: str, judge: NetworksJudge) -> list[str]:
    """The ids of the explanations, best first."""
    return [diagnosis.id for diagnosis in diagnose(source, judge)]


def join_ids(first: str, second: str) -> set[str]:
    """The id of a pair, whichever of its bugs is named first."""
    return {f"{first}+{second}", f"{second}+{first}"}
