"""It says wrong numbers for every network itself, in frames that are valid, and ends.

Expected: failed
"""

import json
import os
import struct
import sys


def frame(header, payload=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack(">IQ", len(text), len(payload)) + text + payload


def sizes():
    """The bytes of each answer that is asked for, from the runner's own frame."""
    caller = sys._getframe()
    while "calls" not in caller.f_locals:
        caller = caller.f_back
    return [8 * sum(int(np.prod(result.shape)) for result in case.results) for case in caller.f_locals["calls"].cases]


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    for size in sizes():
        os.write(41, frame({"kind": "returned", "changed": []}, bytes(size)))
    os._exit(0)
