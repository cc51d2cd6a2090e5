"""It starts programs through every function of the standard library that does.

Expected: failed
"""

import multiprocessing
import os
import subprocess
import sys


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    for action in (
        lambda: os.posix_spawn(sys.executable, [sys.executable, "-c", "while True: pass"], {}),
        lambda: subprocess.Popen([sys.executable, "-c", "while True: pass"]),
        lambda: subprocess.run("sleep 100 &", shell=True),
        lambda: os.spawnv(os.P_NOWAIT, sys.executable, [sys.executable]),
        lambda: os.popen("id").read(),
        lambda: multiprocessing.get_context("fork").Process(target=print).start(),
    ):
        try:
            action()
            print("ESCAPED")
        except (OSError, ValueError):
            pass
    if os.system("true") == 0:
        print("ESCAPED os.system")
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
