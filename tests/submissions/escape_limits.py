"""It raises its own limits, and those of other processes.

Expected: failed
"""

import resource


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    for name in ("AS", "CPU", "NPROC", "NOFILE", "FSIZE", "CORE", "STACK", "MEMLOCK"):
        number = getattr(resource, "RLIMIT_" + name)
        for limits in ((-1, -1), resource.getrlimit(number)):
            try:
                resource.setrlimit(number, limits)
                print("ESCAPED setrlimit", name)
            except (OSError, ValueError):
                pass
            try:
                resource.prlimit(1, number, limits)
                print("ESCAPED prlimit", name)
            except (OSError, ValueError):
                pass
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
