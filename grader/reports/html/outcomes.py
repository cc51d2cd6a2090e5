"""The words and the colour of each outcome, for badges, lists and the sentence above a verdict."""

from backmark.grader.model.verdict import Outcome

#: The sentence of each outcome, if there is nothing better (empty: its kind's own), and its colour.
SENTENCES = {
    Outcome.PASSED: ("", "good"),
    Outcome.FAILED: ("", "bad"),
    Outcome.ERROR: ("Your code raises an exception.", "bad"),
    Outcome.TIMEOUT: ("Your code takes too long.", "bad"),
    Outcome.MEMORY: ("Your code needs too much memory.", "bad"),
    Outcome.OUTPUT_LIMIT: ("Your code prints too much.", "bad"),
    Outcome.CRASHED: ("Your code's process died without an answer.", "bad"),
    Outcome.REJECTED: ("This could not be graded.", "warn"),
}

#: The name of an outcome in one or two words.
NAMES: dict[str, str] = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "not right yet",
    Outcome.ERROR: "raises an exception",
    Outcome.TIMEOUT: "takes too long",
    Outcome.MEMORY: "needs too much memory",
    Outcome.OUTPUT_LIMIT: "prints too much",
    Outcome.CRASHED: "crashed",
    Outcome.REJECTED: "not graded",
}


def tone_of(outcome: str | None) -> str:
    """Return the colour of an outcome; empty for what is none."""
    return SENTENCES[Outcome(outcome)][1] if outcome in set(Outcome) else ""
