"""It reads the environment of every process through /proc, its parents first.

Expected: failed
"""

import os


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    for process in ("self", "thread-self", *range(20), os.getppid()):
        for file in ("environ", "cmdline", "maps", "mem", "status", "cwd", "root", "fd"):
            try:
                print("ESCAPED", open(f"/proc/{process}/{file}", "rb").read())
            except OSError:
                pass
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
