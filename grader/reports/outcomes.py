"""The words and the colour of each outcome, which all formats share: a name, and a sentence about the code."""

from backmark.grader.model.outcome import Outcome

#: The name of an outcome: it stands alone, or follows the name of a submission.
NAMES: dict[str, str] = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "failed",
    Outcome.ERROR: "raises an exception",
    Outcome.TIMEOUT: "takes too long",
    Outcome.MEMORY: "needs too much memory",
    Outcome.OUTPUT_LIMIT: "prints too much",
    Outcome.CRASHED: "crashed",
    Outcome.REJECTED: "not graded",
}
_SENTENCES = {
    Outcome.PASSED: "Your code is right.",
    Outcome.FAILED: "Your code is not right yet.",
    Outcome.ERROR: "Your code raises an exception.",
    Outcome.TIMEOUT: "Your code takes too long.",
    Outcome.MEMORY: "Your code needs too much memory.",
    Outcome.OUTPUT_LIMIT: "Your code prints too much.",
    Outcome.CRASHED: "Your code crashed.",
    Outcome.REJECTED: "Your file could not be graded.",
}
_TONES = {Outcome.PASSED: "good", Outcome.REJECTED: "warn"}


def describe_outcome(outcome: Outcome) -> str:
    """Return the sentence of an outcome."""
    return _SENTENCES[outcome]


def tone_of(outcome: str | None) -> str:
    """Return the colour of an outcome; empty for what is none."""
    return _TONES.get(Outcome(outcome), "bad") if outcome in set(Outcome) else ""
