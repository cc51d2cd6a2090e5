"""Messages of rows that say nothing of a submission's numbers: they are shown wherever a row is."""

HALF_LOST = "Not judged: more than half of the other rows failed."
MISSING = "Not judged: a line is missing or not filled in."
ONLY_OF_ONE = "Your code is right only where a size is 0 or 1."
#: Of a row of which a submission has no value that is known to be right.
NOT_COMPUTED = "Not judged: your code was not seen to compute this step."
#: Those of which there is nothing to say beside a line.
OPEN_MESSAGES = frozenset({HALF_LOST, MISSING})
