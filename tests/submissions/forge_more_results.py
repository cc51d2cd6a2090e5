"""It is wrong, and says how more results came than it was asked for, to make that the grader's failure.

Expected: crashed
"""

import json
import struct
import sys


def frame(header, payload=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack(">IQ", len(text), len(payload)) + text + payload


def say(header, payload=b""):
    count = len(sys._getframe(1).f_locals["case"].results)
    raised = {"type": "ValueError", "message": "", "traceback": "", "frames": [], "lines": []}
    header = {"kind": "partial", "changed": [], "status": "2" * (count + 1), "raised": raised, "malformed": []}
    return frame({**header, "causes": [["ValueError", "", [count]]]}, payload)


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    sys.modules["backmark.worker.sandbox.inside.calls"].pack = say
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
