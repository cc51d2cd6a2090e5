"""The forms in which two lists of derivatives may come back, by the names under which they travel.

The grader has the same in `grader/subjects/networks/evidence.py`: what runs in the jail cannot import it.
"""

NONE = "none"
PLAIN = "plain"
SWAPPED = "swapped"
REVERSED = "reversed"
WEIGHTS_REVERSED = "weights_reversed"
BIASES_REVERSED = "biases_reversed"
NAMED = "named"
PAIRS = "pairs"
MORE = "more"
MISTAKEN = "mistaken"
REPLACED = "replaced"
TWICE = "twice"
OTHER_FORM = "other"

_TURNED = frozenset({REVERSED, WEIGHTS_REVERSED, BIASES_REVERSED})
FORMS = _TURNED | {NONE, PLAIN, SWAPPED, NAMED, PAIRS, MORE, MISTAKEN, REPLACED, TWICE, OTHER_FORM}
