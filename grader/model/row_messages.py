"""Messages of rows that say nothing of a submission's numbers: they are shown wherever a row is."""

HALF_LOST = "Not judged: more than half of the other rows failed."
MISSING = "Not judged: a line is missing or not filled in."
#: The same in verdicts of earlier versions.
_EARLIER = ("Not shown: more than half of the other rows are lost.", "Not shown: a line is missing or not filled in.")
#: All of them.
OPEN_MESSAGES = frozenset({HALF_LOST, MISSING, *_EARLIER})
