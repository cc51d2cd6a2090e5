"""It opens the files of the machine that hold accounts, keys and configuration.

Expected: failed
"""

import glob
import os

FILES = (
    "/etc/passwd", "/etc/shadow", "/etc/hosts", "/etc/resolv.conf", "/etc/machine-id", "/etc/ssl/private",
    "/root/.ssh", "/root/.bash_history", "/home", "/var/log", "/run/secrets", "/var/run/secrets",
)


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    for file in FILES:
        try:
            print("ESCAPED", os.listdir(file) if os.path.isdir(file) else open(file).read())
        except OSError:
            pass
    for file in glob.glob("/etc/*"):
        if os.path.isfile(file) and file != "/etc/ld.so.cache":
            print("ESCAPED", file)
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
