"""Messages of rows that say nothing of a submission's numbers: they are shown wherever a row is."""

HALF_LOST = "Not shown: more than half of the other rows are lost."
MISSING = "Not shown: a line is missing or not filled in."
#: All of them.
OPEN_MESSAGES = frozenset({HALF_LOST, MISSING})
