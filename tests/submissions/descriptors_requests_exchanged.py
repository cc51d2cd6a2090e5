"""It puts a pipe of its own in the place of the requests and sends itself another question.

Expected: failed
"""

import json
import os
import struct

text = json.dumps({"do": "answer", "function": "backward_pass", "code": "", "cases": []}).encode()
left, right = os.pipe()
sent = os.write(right, struct.pack(">IQ", len(text), 0) + text)
closed = os.close(right)


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    assert sent and closed is None
    os.dup2(left, 40)
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
