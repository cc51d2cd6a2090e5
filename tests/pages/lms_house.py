"""A service behind TLS under a name of its own, and an LMS under another: two sites, as browsers see them."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from ipaddress import IPv4Network, ip_address
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from flask import Flask, make_response, request

from backmark.grader.lti.tool_keys import ToolKeys
from backmark.grader.web import create_app
from backmark.worker.serve.embedded import free_port
from tests.lti.platform.gradebook import Gradebook, Member, MoodleRules
from tests.lti.platform.lms import INSTRUCTOR, Lms
from tests.lti.platform.serving import serve_app
from tests.service.parts import Service

#: Registrable names: each is a site.
TOOL, LMS, OTHER = "backmark.example", "lms.example", "other.example"
_SECRET = "only for tests, and as long as a real one is"  # noqa: S105 - it guards nothing


@dataclass(frozen=True, slots=True)
class LmsHouse:
    """The service and the LMS."""

    service: Service
    lms: Lms
    #: The address of the service.
    url: str
    #: The LMS's server under a third name.
    other: str
    #: The gradebook, by Moodle's rules.
    book: Gradebook

    def invitation(self) -> str:
        """An address by which an LMS registers."""
        return f"{self.url}/lti/register/{self.service.store.platforms.invite(600)}"


@contextmanager
def build_lms_house(redis_url: str, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[LmsHouse]:
    """A service with a worker, and an LMS in which it is not registered yet."""
    context = _certify(folder, patch)
    _resolve(patch)
    ports = free_port(), free_port()
    variables = {
        "BACKMARK_SECRET": _SECRET,
        "BACKMARK_PUBLIC_URL": f"https://{TOOL}:{ports[0]}",
        "BACKMARK_LEASE_SECONDS": "120",
    }
    service = Service(redis_url, folder, variables)
    service.store.redis.flushdb()
    near_settings = service.settings.model_copy(update={"callback_networks": (IPv4Network("127.0.0.0/8"),)})
    tool = create_app(near_settings, service.store, service.dispatcher)
    token_url = f"https://127.0.0.1:{ports[1]}/token"
    # Servers reach it by its address, as no other process than this one knows the names.
    lms = Lms(
        f"https://{LMS}:{ports[1]}",
        f"https://127.0.0.1:{ports[1]}",
        fetch=lambda _url: tool.test_client().get("/lti/keys").get_json(),
    )
    key = ToolKeys(service.store, service.settings).signing()
    book = Gradebook(MoodleRules(), lambda message: jwt.decode(message, key.public, ["RS256"], audience=token_url))
    book.enrol(Member("7", "Ada Lovelace"), Member("8", "Bob Bernoulli"))
    _add_pages(lms.app)
    lms.enrol("7", "Ada Lovelace")
    lms.enrol("2", "Tina Teacher", INSTRUCTOR)
    with ExitStack() as stack:
        stack.callback(service.close)
        for app, port in ((tool, ports[0]), (_join(lms.app, book), ports[1])):
            stack.enter_context(serve_app(app, port, context))
        service.worker()
        service.start("sweeper", BACKMARK_CALLBACK_NETWORKS='["127.0.0.0/8"]')
        yield LmsHouse(service, lms, f"https://{TOOL}:{ports[0]}", f"https://{OTHER}:{ports[1]}", book)


def _join(app: Flask, book: Gradebook) -> Any:
    """The LMS with its gradebook, as one application."""

    def answer(environ: Any, start_response: Any) -> Any:
        if environ["PATH_INFO"].startswith("/memberships/"):
            environ["PATH_INFO"] = "/members"
        services = environ["PATH_INFO"].startswith(("/token", "/lineitems/", "/members"))
        return (book if services else app)(environ, start_response)

    return answer


def _add_pages(app: Flask) -> None:
    """Pages of the LMS beyond a course's: an administrator's, and one that looks at third parties' cookies."""

    @app.get("/admin")
    def admin() -> str:
        address = (
            f"{request.args['invitation']}?openid_configuration={quote(request.host_url + 'openid-configuration')}"
        )
        return (
            f'<!doctype html><html lang=en><title>LMS</title><iframe title="tool" src="{escape(address)}"></iframe>'
            "<script>addEventListener('message', event => { document.title = event.data.subject; })</script>"
        )

    @app.get("/frame")
    def frame() -> str:
        return f'<!doctype html><html lang=en><title>LMS</title><iframe src="{escape(request.args["src"])}"></iframe>'

    @app.get("/cookies")
    def cookies() -> Any:
        answer = make_response(f"<!doctype html><p>kept: {', '.join(sorted(request.cookies)) or 'none'}</p>")
        answer.set_cookie("plain", "1", secure=True, samesite="None")
        answer.set_cookie("partitioned", "1", secure=True, samesite="None", partitioned=True)
        return answer


def _certify(folder: Path, patch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A certificate for the names, which this process takes for an authority's."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, TOOL)])
    now = datetime.now(UTC)
    names = [*(x509.DNSName(host) for host in (TOOL, LMS, OTHER)), x509.IPAddress(ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "both.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    patch.setenv("SSL_CERT_FILE", str(file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def _resolve(patch: pytest.MonkeyPatch) -> None:
    """Have the names lead to this machine, in this process as in the browser."""
    real_getaddrinfo = socket.getaddrinfo

    def resolve(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        return real_getaddrinfo("127.0.0.1" if host in {TOOL, LMS, OTHER} else host, port, *args, **options)

    patch.setattr(socket, "getaddrinfo", resolve)
