"""It runs machine code that reaches the 32-bit system call table by int 0x80, where numbers mean other calls.

Expected: crashed
Machine: x86_64
"""

import ctypes
import mmap


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    # mov eax, 359 (socket, 32-bit); mov ebx, 2; mov ecx, 1; xor edx, edx; int 0x80; ret - with rbx kept
    code = b"\x53\xb8\x67\x01\x00\x00\xbb\x02\x00\x00\x00\xb9\x01\x00\x00\x00\x31\xd2\xcd\x80\x5b\xc3"
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    result = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
    if result >= 0:
        print("ESCAPED socket", result)
    return [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
