"""It plants links to secrets under names that a trusted process might open later.

Expected: failed
"""

import os


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    for name in ("results.json", "submission.py", "stdout", "backmark-escaped"):
        for folder in (".", "/", "/tmp", "/jail", "/usr/lib", "/var/tmp"):
            for link in (os.symlink, os.link):
                try:
                    link("/etc/passwd", f"{folder}/{name}")
                    print("ESCAPED", folder, name)
                except OSError:
                    pass
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
