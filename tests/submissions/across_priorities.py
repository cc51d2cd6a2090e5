"""It changes its priority, its processors and its scheduling, which others would feel.

Expected: failed
"""

import os


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    for action in (
        lambda: os.nice(-5),
        lambda: os.setpriority(os.PRIO_USER, 0, 19),
        lambda: os.sched_setaffinity(0, {0}),
        lambda: os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0)),
        lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)),
    ):
        try:
            action()
            print("ESCAPED")
        except OSError:
            pass
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
