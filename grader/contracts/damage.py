"""The errors with which an archive of arrays says that it is damaged."""

import zipfile
import zlib
from tokenize import TokenError

#: RuntimeError: `zipfile` takes it for encrypted, or for compressed in another way. SyntaxError and TokenError: NumPy
#: reads an array's description as Python would, before the archive's checksum is known.
DAMAGE = (
    *(OSError, ValueError, KeyError, TypeError, RuntimeError),
    *(SyntaxError, TokenError, zipfile.BadZipFile, zlib.error),
)
