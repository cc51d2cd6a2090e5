"""Where a service on one machine listens: an address, and a socket that stays open while the web server starts anew."""

import contextlib
import errno
import socket
from dataclasses import dataclass

from grader.errors import ServiceError

#: How many ports after the usual one are tried, where nobody asked for one.
_TRIED = 20
#: Connections that wait for the web server; the kernel's own limit may be lower.
_BACKLOG = 1024


@dataclass(frozen=True, slots=True)
class Address:
    """A host and a port."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read HOST:PORT, [IPV6]:PORT or PORT alone; ValueError where it is none."""
        host, _, port = text.rpartition(":")
        if not port.isascii() or not port.isdecimal() or int(port) > 65535:
            message = f"{text} is no HOST:PORT, such as 127.0.0.1:8000 or [::1]:8000"
            raise ValueError(message)
        return cls(host.removeprefix("[").removesuffix("]") or "127.0.0.1", int(port))

    @property
    def everywhere(self) -> bool:
        """Whether it stands for every interface of the machine."""
        return self.host in {"0.0.0.0", "::"}  # noqa: S104 - asked, not bound

    @property
    def url(self) -> str:
        """Where somebody on this machine finds it."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - asked, not bound
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


#: Where it listens unless told otherwise.
USUAL = Address("127.0.0.1", 8000)


def listen(address: Address | None) -> tuple[socket.socket, Address]:
    """Listen there, or on the first free port from the usual one where nobody named any; ServiceError else."""
    if address is not None:
        return _listen(address)
    for port in range(USUAL.port, USUAL.port + _TRIED):
        with contextlib.suppress(_Taken):
            return _listen(Address(USUAL.host, port))
    raise ServiceError(f"the ports from {USUAL.port} on are all taken; name another with --bind HOST:PORT")


class _Taken(ServiceError):
    """Somebody listens there already."""


def _listen(address: Address) -> tuple[socket.socket, Address]:
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ServiceError(f"{address.host} is no address of this machine: {error.strerror}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(where)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise _Taken(
                f"port {address.port} of {address.host} is taken; stop what listens there, "
                "or name another with --bind HOST:PORT"
            ) from error
        raise ServiceError(f"{address.host}:{address.port} cannot be listened on: {error.strerror}") from error
    return listener, Address(address.host, listener.getsockname()[1])
