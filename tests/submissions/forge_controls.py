"""It says exceptions that hold escape sequences of terminals, which the runner itself would have spelled out.

Expected: crashed
"""

import json
import os
import struct
import sys


def frame(header, payload=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack(">IQ", len(text), len(payload)) + text + payload


def asked_results():
    """The results that the runner is to answer with, from its own frame."""
    caller = sys._getframe()
    while "case" not in caller.f_locals:
        caller = caller.f_back
    return caller.f_locals["case"].results


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    text = "\x1b[2J\x1b]0;passed\x07"
    raised = {"type": text, "message": text, "traceback": text, "frames": [], "lines": []}
    results = asked_results()
    header = {"kind": "partial", "changed": [], "status": "2" * len(results), "raised": raised, "malformed": []}
    os.write(41, frame(header, b"".join(np.full(result.shape, np.nan).tobytes() for result in results)))
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
