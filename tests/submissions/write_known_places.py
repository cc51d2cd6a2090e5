"""It writes a result file where other graders look for one, and into every usual temporary place.

Expected: failed
"""

import os
import tempfile

PLACES = (
    "/autograder/results/results.json", "results.json", "/tmp/backmark-escaped", "/var/tmp/backmark-escaped",
    "/dev/shm/backmark-escaped", "/run/backmark-escaped", "backmark-escaped", "~/backmark-escaped",
    "/work/main/backmark-escaped", "/jail/backmark-escaped", "/jail/site/backmark-escaped",
)


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    for place in PLACES:
        try:
            with open(os.path.expanduser(place), "w") as file:
                file.write('{"score": 10, "outcome": "passed"}')
            print("ESCAPED", place)
        except OSError:
            pass
    try:
        tempfile.NamedTemporaryFile(prefix="backmark-escaped", delete=False)
        print("ESCAPED tempfile")
    except OSError:
        pass
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
