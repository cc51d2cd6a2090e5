"""Where notifications may go, and the many ways in which an address is written that is another."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backmark.grader.outbound.addresses import BadDestination, Destinations, resolve


def nothing(host: str, port: int) -> list[str]:
    """A resolver that must not be asked."""
    raise AssertionError(f"{host}:{port} was looked up")


STRICT = Destinations((), http=False, resolver=nothing)
HTTP = Destinations((), http=True, resolver=nothing)


@pytest.mark.parametrize(
    ("url", "host", "port", "target"),
    [
        ("https://portal.example", "portal.example", 443, "/"),
        ("HTTPS://Portal.Example./a/b?c=d%20e", "portal.example", 443, "/a/b?c=d%20e"),
        ("https://portal.example?c=d", "portal.example", 443, "/?c=d"),
        ("https://portal.example:8443/", "portal.example", 8443, "/"),
        ("https://portal.example:443/@x", "portal.example", 443, "/@x"),
        ("https://1.1.1.1/", "1.1.1.1", 443, "/"),
        ("https://[2606:4700:0::1111]:9000/", "2606:4700::1111", 9000, "/"),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example", 443, "/"),
        ("https://hooks_1.portal.example/", "hooks_1.portal.example", 443, "/"),
    ],
)
def test_a_url_is_read_into_its_parts(url: str, host: str, port: int, target: str) -> None:
    destination = STRICT.read(url)
    assert (destination.scheme, destination.host, destination.port, destination.target) == ("https", host, port, target)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "portal.example/hook",
        "//portal.example/hook",
        "http://portal.example/hook",
        "ftp://portal.example/",
        "file:///etc/passwd",
        "gopher://portal.example:6379/_FLUSHALL",
        "https:portal.example",
        "https:///portal.example",
        "https://",
        "https://user@portal.example/",
        "https://user:word@portal.example/",
        "https://portal.example@127.0.0.1/",
        "https://portal.example/#fragment",
        "https://portal.example\\@127.0.0.1/",
        "https://portal.example/a b",
        "https://portal.example/a\r\nX-Injected: 1",
        "https://portal.example\t/",
        " https://portal.example/",
        "https://portal.example/\x00",
        "https://b\u00fccher.example/",
        "https://portal\uff0eexample/",
        "https://-a.example/",
        "https://a..example/",
        "https://.example/",
        f"https://{'a' * 64}.example/",
        f"https://{'a.' * 130}example/",
        f"https://portal.example/{'a' * 2000}",
        "https://portal.example:/",
        "https://portal.example:0/",
        "https://portal.example:22/",
        "https://portal.example:25/",
        "https://portal.example:80/",
        "https://portal.example:65536/",
        "https://portal.example:-1/",
        "https://[::1/",
        "https://[1.1.1.1]/",
        "https://[fe80::1%25eth0]/",
        "https://[::1]evil.example/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://127.1/",
        "https://0177.0.0.1/",
        "https://1.1.1.1.1/",
        "https://1.1.1.256/",
    ],
)
def test_whatever_is_not_plainly_a_place_on_the_web_is_refused_with_a_reason(url: str) -> None:
    with pytest.raises(BadDestination) as refusal:
        STRICT.read(url)
    assert str(refusal.value)


def test_plain_http_and_its_port_only_where_the_owner_says_so() -> None:
    assert HTTP.read("http://portal.example/").port == 80
    with pytest.raises(BadDestination, match="port should be 80"):
        HTTP.read("http://portal.example:443/")


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_what_the_whole_internet_sees_is_allowed(address: str) -> None:
    assert STRICT.allows(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",  # noqa: S104 - to be refused
        *("10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1"),
        *("192.168.0.1", "192.0.0.8", "192.0.0.9", "192.0.0.192", "192.0.2.1", "192.88.99.1", "198.18.0.1"),
        *("198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
        # Where clouds answer their own machines.
        *("168.63.129.16", "100.100.100.200", "fd00:ec2::254", "fe80::a9fe:a9fe"),
        *("::", "::1", "fe80::1", "fe80::1%1", "fc00::1", "fec0::1", "ff02::1", "ff0e::1", "2001:db8::1", "3fff::1"),
        *("100::1", "5f00::1", "4000::1", "64:ff9b:1::101:101", "2606:4700::1111%1"),
    ],
)
def test_what_is_private_special_or_many_is_refused(address: str) -> None:
    assert not STRICT.allows(ip_address(address))


@given(st.ip_addresses(v=4).map(int))
def test_an_ipv4_address_in_another_guise_is_judged_as_itself_or_refused(number: int) -> None:
    honest = STRICT.allows(IPv4Address(number))
    assert STRICT.allows(IPv6Address(0xFFFF << 32 | number)) == honest
    assert STRICT.allows(IPv6Address(0x64FF9B << 96 | number)) == honest
    compatible, translated = IPv6Address(number), IPv6Address(0xFFFF << 48 | number)
    relay = IPv6Address(0x2002 << 112 | number << 80 | 1)
    teredo = IPv6Address(0x20010000 << 96 | number << 64 | (number ^ 0xFFFFFFFF))
    assert not any(map(STRICT.allows, (compatible, translated, relay, teredo)))


@given(st.ip_addresses())
def test_nothing_that_python_calls_private_is_ever_allowed(address: IPv4Address | IPv6Address) -> None:
    if not address.is_global or address.is_multicast or address.is_loopback or address.is_link_local:
        assert not STRICT.allows(address) or str(address).startswith(("::ffff:", "64:ff9b::"))


def test_the_owner_can_allow_networks_in_any_guise() -> None:
    own = Destinations((IPv4Network("10.1.0.0/16"), IPv6Network("fd00:1::/32")), http=False)
    for host in ("10.1.2.3", "::ffff:10.1.2.3", "fd00:1::5"):
        assert own.allows(ip_address(host))
    for foreign_host in ("10.2.0.1", "::ffff:10.2.0.1", "fd00:2::5"):
        assert not own.allows(ip_address(foreign_host))


def test_every_address_of_a_name_must_be_allowed() -> None:
    mixed = Destinations((), http=False, resolver=lambda *_: ["1.1.1.1", "10.0.0.1"])
    with pytest.raises(BadDestination, match="not public") as refusal:
        mixed.addresses(mixed.read("https://portal.example/"))
    assert "10.0.0.1" not in str(refusal.value)


def test_a_name_without_an_address_is_refused() -> None:
    empty = Destinations((), http=False, resolver=lambda *_: [])
    with pytest.raises(BadDestination, match="no address was found"):
        empty.addresses(empty.read("https://portal.example/"))


def test_an_address_is_not_looked_up() -> None:
    assert STRICT.addresses(STRICT.read("https://1.1.1.1/")) == (IPv4Address("1.1.1.1"),)
    with pytest.raises(BadDestination, match="not public"):
        STRICT.addresses(STRICT.read("https://127.0.0.1/"))


def test_names_are_resolved_as_the_machine_does() -> None:
    assert "127.0.0.1" in resolve("localhost", 443)
    assert resolve("no-such-name.invalid", 443) == []
    assert resolve("a" * 300, 443) == []
