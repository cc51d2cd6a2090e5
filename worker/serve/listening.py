"""The address of a service on one machine, and its socket, which stays open while the web server restarts."""

import contextlib
import errno
import socket
from dataclasses import dataclass

from backmark.grader.errors import ServiceError

#: The number of ports tried from the default one on, if no address was given.
_TRIED = 20
#: The most connections that wait for the web server; the kernel's own limit may be lower.
_BACKLOG = 1024


@dataclass(frozen=True, slots=True)
class Address:
    """A host and a port."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Return the address in HOST:PORT, [IPV6]:PORT or PORT alone. Raises ValueError for anything else."""
        host, _, port = text.rpartition(":")
        if not port.isascii() or not port.isdecimal() or int(port) > 65535:
            message = f"{text} is not HOST:PORT, such as 127.0.0.1:8000 or [::1]:8000"
            raise ValueError(message)
        return cls(host.removeprefix("[").removesuffix("]") or "127.0.0.1", int(port))

    @property
    def everywhere(self) -> bool:
        """True if the address stands for every interface of the machine."""
        return self.host in {"0.0.0.0", "::"}  # noqa: S104 - asked, not bound

    @property
    def url(self) -> str:
        """The URL for clients on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - asked, not bound
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


#: The default address.
USUAL = Address("127.0.0.1", 8000)


def listen(address: Address | None) -> tuple[socket.socket, Address]:
    """Listen at an address, by default on the first free port from the default one. Raises ServiceError."""
    if address is not None:
        return _listen(address)
    for port in range(USUAL.port, USUAL.port + _TRIED):
        with contextlib.suppress(_PortTakenError):
            return _listen(Address(USUAL.host, port))
    raise ServiceError(f"the ports from {USUAL.port} on are all taken; name another with --bind HOST:PORT")


class _PortTakenError(ServiceError):
    """Another process listens on this port already."""


def _listen(address: Address) -> tuple[socket.socket, Address]:
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ServiceError(f"{address.host} is not an address of this machine: {error.strerror}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(where)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise _PortTakenError(
                f"port {address.port} of {address.host} is taken; stop what listens there, "
                "or name another with --bind HOST:PORT"
            ) from error
        raise ServiceError(f"{address.host}:{address.port} cannot be listened on: {error.strerror}") from error
    return listener, Address(address.host, listener.getsockname()[1])
