"""It traces the runner itself, and changes its local variables at every line.

Expected: crashed
"""

import sys
import threading


def trace(frame, event, argument):
    if "payload" in frame.f_locals and event == "line":
        frame.f_locals["header"] = {"kind": "passed"}
    frame.f_trace_lines = True
    return trace


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    threading.settrace(trace)
    sys.settrace(trace)
    sys.setprofile(lambda frame, event, argument: None)
    frame = sys._getframe().f_back
    while frame is not None:
        frame.f_trace = trace
        frame = frame.f_back
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
