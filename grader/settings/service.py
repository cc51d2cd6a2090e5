"""The settings of a service. Each field is an environment variable, BACKMARK_ and its name in capitals.

A secret may also be a file of that name (`backmark_secret`) in /run/secrets, as container engines mount them.
"""

import json
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from kombu import Connection
from pydantic import BeforeValidator, Field, HttpUrl, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from redis.connection import parse_url

from backmark.grader.errors import ServiceError

_SECRETS = Path("/run/secrets")


def _read_list(value: object) -> object:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        message = f'{value!r} is not a JSON list of networks, such as ["10.1.0.0/16"]'
        raise ValueError(message) from None


#: A JSON list of networks, in the environment and wherever else a setting is text.
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_read_list)]


class LogFormat(StrEnum):
    """The form of a log's lines."""

    #: logfmt: `key=value`, for people.
    TEXT = "text"
    #: A JSON object, for a log server.
    JSON = "json"


class ServiceSettings(BaseSettings):
    """One set of settings for web, worker and sweeper: those of one service should agree."""

    model_config = SettingsConfigDict(
        env_prefix="BACKMARK_",
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
        secrets_dir=_SECRETS if _SECRETS.is_dir() else None,
    )

    #: The Redis that has store and queues: redis://, rediss:// (TLS) or unix://, with user and password if it has them.
    redis_url: SecretStr = SecretStr("redis://127.0.0.1:6379/0")
    #: A certificate authority's file, for a Redis (or a broker by TLS) whose certificate the system does not know.
    redis_ca: Path | None = None
    #: The broker through which web servers and sweepers nudge workers, such as amqp://USER:PASSWORD@HOST:5672/VHOST for
    #: RabbitMQ, if it is not that Redis: any address that Celery knows.
    broker_url: SecretStr | None = None
    #: The folder of Redis's files, if it runs on the web server's machine: `/readyz` then says when its disk is full.
    redis_folder: Path | None = None
    #: The secret that chooses each submission's fresh cases, if a revision has them, and signs links and sign-ins. Hide
    #: it from students, and never change it.
    secret: SecretStr | None = None

    #: The address at which people reach the pages, such as https://backmark.example.edu: links begin with it.
    #: With https, browsers send the cookie of a sign-in over TLS only.
    public_url: HttpUrl | None = None
    #: Days for which a link to a verdict works, from its submission on, and for which a link to hand in takes files, if
    #: its assignment never closes and staff give the link no other number.
    link_days: int = Field(default=180, ge=1, le=3650)

    #: Bytes of a request, file and fields together.
    max_bytes: int = Field(default=8 << 20, ge=1 << 10, le=64 << 20)
    #: Requests of one token: those that make work (accepted submissions, publishing, regrades), and all others.
    submit_rate: str = "600/minute"
    read_rate: str = "6000/minute"
    #: Accepted files and bytes of one student whose name is verified: by a personal link, or by a portal's token. One
    #: browser on a class link has as much.
    student_rate: str = "60/minute"
    student_bytes_rate: str = "33554432/day"
    #: Seconds for which files of one student, or of one browser on a class link, may be graded: of a processor, and
    #: asleep. Above it files are refused; those that were accepted are graded.
    student_seconds_rate: str = "900/hour"
    #: Accepted files and bytes of all who use one class link.
    class_rate: str = "600/minute"
    class_bytes_rate: str = "134217728/day"
    #: Refused requests of one student or browser, and of an address for requests that come with neither.
    refused_rate: str = "60/minute"
    address_rate: str = "1200/minute"
    #: Networks of the proxies whose X-Forwarded-For is believed, such as 172.16.0.0/12, as a JSON list.
    proxy_networks: Networks = ()
    #: True if a submission without an Idempotency-Key is refused.
    idempotency_required: bool = False
    #: Threads of a web process. Held connections (long poll, event streams) take at most half of them, large bodies on
    #: their way at most a quarter.
    web_threads: int = Field(default=8, ge=2, le=256)

    #: Seconds without a sign of life after which another worker gets a worker's submission.
    lease_seconds: float = Field(default=10.0, gt=0.5, le=600)
    #: The number of times that a submission is tried before it ends as service_failed.
    tries: int = Field(default=5, ge=1, le=100)
    #: Seconds for which a stopping worker continues with a submission before it hands the submission back.
    grace_seconds: float = Field(default=5.0, ge=0, le=600)

    #: Days for which a verdict is reused for an identical source; 0: never.
    cache_days: int = Field(default=30, ge=0, le=3650)
    #: Days after which submissions are deleted with everything that belongs to them; 0: never.
    retention_days: int = Field(default=0, ge=0, le=36500)
    #: Days after which a regrade is deleted, with the verdicts that it made, if nothing has happened to it; 0: never.
    regrade_days: int = Field(default=90, ge=0, le=36500)

    #: The form of the log's lines: `text` is logfmt, `json` is one object for each line.
    log_format: LogFormat = LogFormat.TEXT

    #: Private networks to which notifications and requests to an LMS may go, such as 10.1.0.0/16, as a JSON list.
    callback_networks: Networks = ()
    #: True if notifications, and requests to an LMS, may go over plain http.
    callback_http: bool = False

    #: True if a learner of an LMS's course who is a teaching assistant there, too, is staff: Open edX's Community TAs
    #: and Group Moderators are both.
    lti_assisting_learners: bool = False

    def own_url(self, path: str) -> str | None:
        """Return the public URL of a path of ours, or None if there is no public URL."""
        return None if self.public_url is None else f"{str(self.public_url).rstrip('/')}{path}"

    @classmethod
    def load(cls, **given: Any) -> Self:
        """Read the environment, except for what is given. ServiceError names the variable that is wrong."""
        try:
            return cls(**given)
        except ValidationError as error:
            first = error.errors()[0]
            name = "_".join(map(str, first["loc"][:1])).upper()
            raise ServiceError(f"BACKMARK_{name}: {first['msg'].removeprefix('Value error, ')}") from error

    @field_validator("broker_url")
    @classmethod
    def _names_a_broker(cls, url: SecretStr | None) -> SecretStr | None:
        address = url.get_secret_value() if url else "unix://"
        scheme, separator, _ = address.partition("://")
        if scheme == "unix":
            return url
        # Not with the words of errors, which may quote a part of the password.
        message = (
            "this is not the address of a broker: amqp://[USER:PASSWORD@]HOST:5672/VHOST, redis://HOST:PORT/0, or"
            " another that Celery knows and other processes reach, with %, /, ?, # and @ of a password written as %25,"
            " %2F, %3F, %23 and %40"
        )
        try:
            _ = urlsplit(address).port, Connection(address).transport
        except (ImportError, NameError, RuntimeError):
            message = f"a Python library for {scheme} is missing beside Backmark: install kombu[{scheme}]"
            raise ValueError(message) from None
        except (KeyError, ValueError):
            raise ValueError(message) from None
        if not separator or scheme == "memory":
            raise ValueError(message)
        return url

    @field_validator("redis_url")
    @classmethod
    def _names_a_redis(cls, url: SecretStr) -> SecretStr:
        try:
            parse_url(url.get_secret_value())  # type: ignore[no-untyped-call] # redis-py's
        except ValueError:
            # Not with its own words, which may quote a part of the password.
            message = (
                "this is not the address of a Redis: redis://[USER:PASSWORD@]HOST:PORT/0, rediss://... or unix://PATH,"
                " with %, /, ?, # and @ of a password written as %25, %2F, %3F, %23 and %40"
            )
            raise ValueError(message) from None
        return url
