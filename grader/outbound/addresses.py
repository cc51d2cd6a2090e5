"""The addresses to which notifications may go: public ones, and those that the service's owner allows.

A URL is read by one pattern of our own, and everything that is done with it afterwards is done with what was read:
two parsers that differ are how checks are got round. Names are resolved here once, and a connection is made to the
addresses that came of it.
"""

import re
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from backmark.grader.errors import BackmarkError
from backmark.grader.settings.service import ServiceSettings

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_PORTS = {"https": 443, "http": 80}
#: Below it stand the services of a machine itself, mail among them: of those only the web's own is spoken to.
_FIRST_FREE_PORT = 1024
_LONGEST = 2000

_URL = re.compile(
    r"(?P<scheme>[A-Za-z]+)://(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<target>/[!-~]*|\?[!-~]*)?"
)
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")

#: Global by the registry, but not somebody's server: protocol assignments, relays of 6to4, and the address at which
#: one cloud answers its own machines.
_SPECIAL_4 = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"), IPv4Network("168.63.129.16/32"))
#: The only part of IPv6 in which servers have their addresses...
_UNICAST_6 = IPv6Network("2000::/3")
#: ...without what carries IPv4 addresses or identifiers in it (Teredo, ORCHID, 6to4), and what is for documentation.
_SPECIAL_6 = (
    IPv6Network("2001::/23"),
    IPv6Network("2001:db8::/32"),
    IPv6Network("2002::/16"),
    IPv6Network("3fff::/20"),
)
#: NAT64: a translator makes an IPv4 address of the last four bytes.
_TRANSLATED = IPv6Network("64:ff9b::/96")


class BadDestination(BackmarkError):
    """A notification may not go there; the message says why, and never what a private name resolves to."""


@dataclass(frozen=True, slots=True)
class Destination:
    """A URL, read."""

    scheme: str
    #: Name or address; an IPv6 address without its brackets.
    host: str
    port: int
    #: Path and query.
    target: str


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a name, as the machine resolves it; none if it has none."""
    try:
        entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(entry[4][0]) for entry in entries))


class Destinations:
    """The destinations that a service's settings allow."""

    def __init__(
        self, networks: Iterable[Network], *, http: bool, resolver: Callable[[str, int], list[str]] = resolve
    ) -> None:
        self._networks = tuple(networks)
        self._http = http
        self._resolve = resolver

    @classmethod
    def of(cls, settings: ServiceSettings, resolver: Callable[[str, int], list[str]] = resolve) -> "Destinations":
        """Return the destinations that the settings of a service allow."""
        return cls(settings.callback_networks, http=settings.callback_http, resolver=resolver)

    def read(self, url: str) -> Destination:
        """Return the parts of a URL to which notifications may go; raises BadDestination. Looks nothing up."""
        match = _URL.fullmatch(url) if len(url) <= _LONGEST else None
        if match is None or "#" in url or "\\" in url:
            message = (
                f"it should be https://host[:port]/path[?query] in at most {_LONGEST} visible ASCII characters, "
                "without a user, a password or a fragment; a host with other letters in its xn-- form"
            )
            raise BadDestination(message)
        scheme = match["scheme"].lower()
        if scheme not in _PORTS or (scheme == "http" and not self._http):
            raise BadDestination("it should start with https://")
        target = match["target"] or "/"
        return Destination(
            scheme, _host(match["host"]), _port(scheme, match["port"]), target if target[0] == "/" else f"/{target}"
        )

    def addresses(self, destination: Destination) -> tuple[Address, ...]:
        """Return the current addresses of the host; raises BadDestination unless all of them are allowed."""
        try:
            addresses = [ip_address(destination.host)]
        except ValueError:
            names = self._resolve(destination.host, destination.port)
            addresses = [ip_address(address) for address in names]
        if not addresses:
            raise BadDestination(f"no address was found for {destination.host}")
        if not all(self.allows(address) for address in addresses):
            message = f"{destination.host} has an address that is not public"
            raise BadDestination(f"{message}, and that BACKMARK_CALLBACK_NETWORKS does not name")
        return tuple(addresses)

    def allows(self, address: Address) -> bool:
        """Return True if the address is public, or the owner's settings name it."""
        real = _unwrap(address)
        named = any(address in network or real in network for network in self._networks)
        return named or _is_public(real)


def _host(given: str) -> str:
    if given[0] == "[":
        try:
            return IPv6Address(given[1:-1]).compressed
        except ValueError:
            raise BadDestination(f"{given} is not an IPv6 address") from None
    host = given.lower().removesuffix(".")
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        try:
            # Only as everybody writes it: resolvers also take 127.1, 0x7f.1 and 2130706433.
            return IPv4Address(host).compressed
        except ValueError:
            raise BadDestination(f"{given} is not an IPv4 address; write four numbers") from None
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise BadDestination(f"{given[:80]} is not a host's name")
    return host


def _port(scheme: str, given: str | None) -> int:
    port = int(given) if given else _PORTS[scheme]
    if port != _PORTS[scheme] and not _FIRST_FREE_PORT <= port <= 65535:
        raise BadDestination(f"its port should be {_PORTS[scheme]}, or between {_FIRST_FREE_PORT} and 65535")
    return port


def _unwrap(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one stands for, if it does nothing else."""
    if isinstance(address, IPv4Address):
        return address
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address


def _is_public(address: Address) -> bool:
    """Return True if the address is a server's, and the same from everywhere."""
    if not address.is_global or address.is_multicast:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in special for special in _SPECIAL_4)
    if address.scope_id is not None or address not in _UNICAST_6:
        return False
    return not any(address in special for special in _SPECIAL_6)
