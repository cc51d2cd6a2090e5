"""It writes over the jail's own code and NumPy's, so that the next submission runs what it likes.

Expected: failed
"""

import os
import sys


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    here = sys.modules["backmark.worker.sandbox.inside.calls"].__file__
    folder = os.path.dirname(here)
    for path in (here, np.__file__, sys.executable, os.__file__, *(os.path.join(folder, n) for n in os.listdir(folder))):
        for flags in (os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_APPEND, os.O_WRONLY | os.O_TRUNC):
            try:
                os.close(os.open(path, flags))
                print("ESCAPED", path)
            except OSError:
                pass
    for change in (lambda: os.rename(here, here + "x"), lambda: os.mkdir(folder + "/__pycache__/x"), lambda: os.unlink(here)):
        try:
            change()
            print("ESCAPED", folder)
        except OSError:
            pass
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
