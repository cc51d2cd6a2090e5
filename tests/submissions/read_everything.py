"""It walks the whole file system, a few folders at each call, for answers, networks and other submissions.

Expected: failed
"""

import os

walk = os.walk("/")
WANTED = ("derivatives", "udl-7.2", "grader", "submission", ".ipynb", "canary", "expected", "backmark")


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    for (folder, folders, files), _ in zip(walk, range(20)):
        for name in [*folders, *files]:
            # What runs here is of ours, too, and lies in a folder of its name.
            ours = (folder, name) == ("/jail", "backmark") or "numpy" in folder or "python3" in folder
            if any(word in name.lower() for word in WANTED) and not ours:
                print("ESCAPED", folder, name)
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
