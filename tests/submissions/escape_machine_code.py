"""It makes system calls from machine code of its own, past Python and the C library.

Expected: failed
Machine: x86_64
"""

import ctypes
import mmap


def machine(number, first=0, second=0):
    # mov rax, number; mov rdi, first; mov rsi, second; xor edx, edx; syscall; ret
    code = b"\x48\xb8" + number.to_bytes(8, "little") + b"\x48\xbf" + first.to_bytes(8, "little")
    code += b"\x48\xbe" + second.to_bytes(8, "little") + b"\x31\xd2\x0f\x05\xc3"
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    return ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    if K == 0:
        for name, number, first in (("fork", 57, 0), ("vfork", 58, 0), ("socket", 41, 2), ("unshare", 272, 1 << 28)):
            if machine(number, first) != -1:
                print("ESCAPED", name)
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
