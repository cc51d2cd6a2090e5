"""The address that a request comes from, with or without trusted proxies in between."""

from collections.abc import Sequence
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from flask import request

#: Leading bits of an IPv6 address that identify one subscriber, who may use any address below them.
_SUBSCRIBER = 64


def address(proxies: Sequence[IPv4Network | IPv6Network]) -> str:
    """Return the client's address, or its /64 network for IPv6.

    X-Forwarded-For is trusted as far as the proxies that added to it are in `proxies`.
    """
    forwarded = ",".join(request.headers.getlist("X-Forwarded-For")).split(",")
    hops = [(request.remote_addr or "").strip(), *(hop.strip() for hop in reversed(forwarded))]
    known: IPv4Address | IPv6Address | None = None
    for hop in hops:
        parsed = _parse(hop)
        if parsed is None:
            break
        known = parsed
        if not any(known in network for network in proxies):
            break
    if isinstance(known, IPv6Address):
        return str(ip_network((known, _SUBSCRIBER), strict=False))
    return str(known)


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    with suppress(ValueError):
        parsed = ip_address(text)
        return getattr(parsed, "ipv4_mapped", None) or parsed
    return None
