"""It looks for other people's files in /tmp, /work and the working directory, by name and by descriptor.

Expected: failed
"""

import glob
import os


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    for pattern in ("/tmp/*", "/tmp/**/*canary*", "/var/tmp/*", "/work/**", "./*.py", "/dev/shm/*", "/run/*", "/mnt/*"):
        for file in glob.glob(pattern):
            print("ESCAPED", file)
            if os.path.isfile(file):
                print(open(file, "rb").read(2000))
    for descriptor in range(3, 40):
        try:
            print("ESCAPED", descriptor, os.read(descriptor, 2000))
        except OSError:
            pass
    for descriptor in range(64):
        try:
            os.open("etc/passwd", os.O_RDONLY, dir_fd=descriptor)
            print("ESCAPED", descriptor)
        except OSError:
            pass
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
