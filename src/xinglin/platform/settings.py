"""Settings of one installation, read from the environment (`XINGLIN_...`) and from nowhere else."""

import base64
import re
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from platformdirs import user_data_path
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "XINGLIN_"
MASTER_KEY = 32
"""Bytes of a master key."""
SECRET = ("_url", "_key", "_token", "_providers")
"""Ends of the names of settings whose value may hold a secret, and is not repeated."""


class Provider(BaseModel):
    """An OpenID provider at which people sign in (OpenID Connect Core 1.0, authorization code with PKCE).

    `issuer` as its tokens name it; `name` on the button. An account is known by the provider's `sub`. The first time it
    is the one whose login is the value of `match`, or a new one with `roles` where `create` says so. `second_factor`:
    whether the provider asks for one, so that the house does not.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: Annotated[str, Field(pattern=r"^(https://|http://(127\.0\.0\.1|localhost)[:/])[^\s?#]*$")]
    name: Annotated[str, Field(min_length=1, max_length=40)]
    client_id: Annotated[str, Field(min_length=1)]
    client_secret: str | None = None
    scopes: str = "openid profile"
    match: str | None = None
    create: bool = False
    roles: tuple[str, ...] = ()
    second_factor: bool = False


_PROVIDERS = TypeAdapter(tuple[Provider, ...])


class SettingsError(Exception):
    """The environment holds a value that Xinglin cannot use; the message names the variable and what is accepted."""


class Settings(BaseSettings):
    """One installation's settings; each field is read from the environment variable `XINGLIN_` + its name in capitals.

    Use `load_settings`, which turns bad values into a `SettingsError` that a person can act on.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    home: Path = Field(default_factory=lambda: user_data_path("xinglin", appauthor=False))
    """Folder of this installation: embedded database, logs, secrets."""
    database_url: str | None = None
    """`postgresql://...` of a PostgreSQL 15 or newer; unset: the embedded one."""
    database_replica_url: str | None = None
    """The same for a replica of it, from which is read while it is there; unset: one server does everything."""
    database_account: str | None = None
    """Operating system user of the embedded database when Xinglin runs as root; unset: chosen."""
    audit_key: Path | None = None
    """File with the keys of the audit's seals, the same on all machines with a worker; unset: `audit.key` in `home`."""
    audit_algorithm: Literal["sha256", "sm3"] = "sha256"
    """Hash of the audit's seals from now on; those that are there keep theirs."""
    database_pool: Annotated[int, Field(ge=2, le=500)] = 16
    """Most connections of one process."""
    wal_archive: Path | None = None
    """Folder into which the embedded database archives its write-ahead log, for recovery to any moment; unset: none."""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    frontend: Path | None = None
    """Folder `node_modules` with the front-end packages."""
    locale: Literal["zh_CN", "en"] = "zh_CN"
    timezone: str = "Asia/Shanghai"
    workers: Annotated[int, Field(ge=1, le=256)] = 1
    """Server processes."""
    job_concurrency: Annotated[int, Field(ge=1, le=256)] = 4
    """Jobs that one worker runs at a time."""
    session_idle_minutes: Annotated[int, Field(ge=1, le=24 * 60)] = 30
    session_hours: Annotated[int, Field(ge=1, le=24 * 7)] = 12
    mfa_roles: str = ""
    """Roles that need a second factor, separated by commas; whoever holds one of them, in any post, is asked for it."""
    oidc_providers: str = ""
    """OpenID providers at which people may sign in: a JSON array of `Provider`."""
    public_url: str | None = None
    """The address at which browsers reach this server, such as https://his.example.cn; unset: as the request says."""
    secret_key: str | None = None
    """32 random bytes in base64, under which secrets are sealed in the database; unset: a file in `home`. Behind commas
    may stand others, which only open what they sealed."""
    crypto_suite: Literal["international", "sm"] = "international"
    """Algorithms of what is encrypted from now on; what is there keeps its own."""
    signature_algorithm: Literal["ES256", "PS256", "SM2"] | None = None
    """By what people sign from now on: ECDSA, RSA or SM2; unset: ES256, and SM2 where `crypto_suite` is `sm`."""
    timestamp_url: Annotated[str, Field(pattern=r"^https?://[^\s#]+$")] | None = None
    """Where an authority gives time stamps by RFC 3161 over HTTP; unset: signatures have the server's time only."""
    timestamp_roots: Path | None = None
    """File with the certificates, PEM, of those whom the house believes a time; needed with `timestamp_url`."""
    encrypted_identifiers: str = ""
    """Systems of identifiers that are encrypted in the database, separated by commas; `phone` among them stands for
    telephone numbers. Of patients, related persons, practitioners and persons."""
    session_limit: Annotated[int, Field(ge=0, le=10_000)] = 20
    """Sessions that one account may have at once; 0: any number."""
    password_length: Annotated[int, Field(ge=8, le=128)] = 8
    """Characters that a password has at least."""
    password_kinds: Annotated[int, Field(ge=1, le=5)] = 3
    """How many of small letters, capitals, other letters, digits and other signs a password mixes at least."""
    password_history: Annotated[int, Field(ge=0, le=24)] = 5
    """Former passwords that may not come back."""
    password_days: Annotated[int, Field(ge=0, le=3650)] = 90
    """Days after which a password must be changed; 0: never."""
    delivery_networks: str = ""
    """Networks inside the house to which notifications may go, separated by commas, such as 10.20.0.0/16. Without them
    they go to public addresses only, so that nobody makes the server talk to its neighbours."""
    delivery_seconds: Annotated[float, Field(gt=0, le=60)] = 10.0
    """How long a receiver of notifications gets to answer."""
    delivery_megabytes: Annotated[int, Field(ge=1, le=256)] = 16
    """How large the body of a notification may be."""
    requests_per_second: Annotated[float, Field(ge=0, le=1_000_000)] = 0
    """How often one account, or one key of a service, may come to one server process, with ten seconds' worth at once;
    0: as often as they like."""
    stranger_requests_per_second: Annotated[float, Field(ge=0, le=1_000_000)] = 100
    """The same for one network address of those who have not signed in; 0: as often as they like."""
    nats_url: str | None = None
    """`nats://user:password@host:4222` of a NATS server with JetStream to which events go, several separated by commas;
    unset: none. All machines with a worker have the same."""
    nats_stream: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] = "xinglin"
    """The stream that takes them; it is made where there is none."""
    payment_url: Annotated[str, Field(pattern=r"^https?://[^\s?#]+$")] | None = None
    """Where the payment gateway is, such as http://10.20.0.5:9000; unset: mobile payments are taken at a terminal that
    stands alone, and the cashier says that they came."""
    payment_secret: Annotated[str, Field(min_length=16)] | None = None
    """By what requests to the gateway and its calls are signed (HMAC-SHA256); needed with `payment_url`."""
    payment_seconds: Annotated[float, Field(gt=0, le=60)] = 10.0
    """How long the gateway gets to answer; a payment without an answer is asked for later."""
    metrics_token: Annotated[str, Field(min_length=16)] | None = None
    """Who bears it may read `/metrics`; unset: nothing is measured."""
    otlp_endpoint: Annotated[str, Field(pattern=r"^https?://[^\s?#]+$")] | None = None
    """Where traces go by OTLP over HTTP, such as http://collector:4318/v1/traces; needs the extra `xinglin[otel]`;
    unset: nothing is traced."""
    trace_share: Annotated[float, Field(ge=0, le=1)] = 1.0
    """The share of requests that are traced, where their caller has not decided it."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["console", "json"] = "console"

    @property
    def audit_keys(self) -> Path:
        """Where the keys of the audit's seals are."""
        return self.audit_key or self.home / "audit.key"

    @property
    def audit_head(self) -> Path:
        """Where this machine's worker notes the end of the audit's chain."""
        return self.home / "audit.head"

    @property
    def audit_journal(self) -> Path:
        """Folder of the journals by which the server's processes of this machine record reads."""
        return self.home / "audit"

    @property
    def event_source(self) -> str:
        """The source of events in the sense of CloudEvents: the public address, or a name for all who have none."""
        return self.public_url or "urn:xinglin:hospital"

    @property
    def fhir_base(self) -> str:
        """The public address of FHIR, with a slash at its end; empty where there is none."""
        return f"{self.public_url.rstrip('/')}/fhir/" if self.public_url else ""

    @property
    def session_idle(self) -> timedelta:
        """How long a session lives without a request."""
        return timedelta(minutes=self.session_idle_minutes)

    @property
    def session_absolute(self) -> timedelta:
        """How long a session lives at most."""
        return timedelta(hours=self.session_hours)

    @property
    def roles_with_second_factor(self) -> frozenset[str]:
        """The roles in `mfa_roles`."""
        return frozenset(role.strip() for role in self.mfa_roles.split(",")) - {""}

    @property
    def providers(self) -> tuple[Provider, ...]:
        """The OpenID providers in `oidc_providers`."""
        return _PROVIDERS.validate_json(self.oidc_providers) if self.oidc_providers else ()

    @property
    def password_age(self) -> timedelta | None:
        """How long a password serves; None for ever."""
        return timedelta(days=self.password_days) if self.password_days else None

    @field_validator("home", "frontend", "audit_key", "wal_archive", "timestamp_roots")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return value.expanduser().absolute() if value is not None else None

    @field_validator("database_url", "database_replica_url")
    @classmethod
    def _postgresql(cls, value: str | None) -> str | None:
        if not value:
            return None
        from psycopg import ProgrammingError
        from psycopg.conninfo import conninfo_to_dict

        try:
            conninfo_to_dict(value)
        except ProgrammingError:
            # The driver's message may quote the address, and with it the password.
            raise ValueError(
                "expected postgresql://user:password@host:port/name, or key=value pairs of libpq"
            ) from None
        return value

    @field_validator("nats_url")
    @classmethod
    def _nats(cls, value: str | None) -> str | None:
        servers = [each.strip() for each in (value or "").split(",")]
        if value and not all(re.match(r"(nats|tls)://[^\s/?#]+$", each) for each in servers):
            raise ValueError("expected nats://user:password@host:4222 or tls://..., several separated by commas")
        return value or None

    @property
    def networks_of_receivers(self) -> list[IPv4Network | IPv6Network]:
        """The networks in `delivery_networks`."""
        return [ip_network(each.strip()) for each in self.delivery_networks.split(",") if each.strip()]

    @field_validator("delivery_networks")
    @classmethod
    def _networks(cls, value: str) -> str:
        try:
            [ip_network(each.strip()) for each in value.split(",") if each.strip()]
        except ValueError as error:
            raise ValueError(f"expected networks such as 10.20.0.0/16, separated by commas: {error}") from None
        return value

    @field_validator("secret_key")
    @classmethod
    def _thirty_two_bytes(cls, value: str | None) -> str | None:
        if not value:
            return None
        keys = [key.strip() for key in value.split(",")]
        try:
            lengths = {len(base64.b64decode(key, validate=True)) for key in keys}
        except ValueError:
            lengths = set()
        if lengths != {MASTER_KEY}:
            raise ValueError(
                "expected 32 random bytes in base64, such as `openssl rand -base64 32` prints, or several keys "
                "separated by commas"
            )
        return ",".join(keys)

    @property
    def encrypted_systems(self) -> frozenset[str]:
        """The words in `encrypted_identifiers`."""
        return frozenset(each.strip() for each in self.encrypted_identifiers.split(",")) - {""}

    @field_validator("encrypted_identifiers")
    @classmethod
    def _systems(cls, value: str) -> str:
        strange = [each.strip() for each in value.split(",") if ":" not in each and each.strip() not in ("", "phone")]
        if strange:
            raise ValueError(
                f"expected URIs of identifier systems and the word phone, separated by commas; {strange[0]} is neither"
            )
        return value

    @field_validator("oidc_providers")
    @classmethod
    def _known_providers(cls, value: str) -> str:
        if not value:
            return ""
        try:
            providers = _PROVIDERS.validate_json(value)
        except ValidationError as error:
            # The input holds secrets; only places and reasons are told.
            faults = (f"{'.'.join(map(str, fault['loc'])) or 'text'}: {fault['msg']}" for fault in error.errors())
            raise ValueError(f"expected a JSON array of providers; {'; '.join(faults)}") from None
        if len({provider.issuer for provider in providers}) < len(providers):
            raise ValueError("an issuer is named twice")
        return value

    @model_validator(mode="after")
    def _believed(self) -> "Settings":
        if self.timestamp_url and not self.timestamp_roots:
            raise ValueError("TIMESTAMP_URL needs TIMESTAMP_ROOTS: whose time is believed")
        return self

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError("expected an IANA time zone such as Asia/Shanghai") from None
        return value


def load_settings(**overrides: object) -> Settings:
    """The settings of the environment, with `overrides` (by field name) before them.

    Raises `SettingsError` that names every variable with a bad value. Values themselves are not repeated when they
    may hold a secret.
    """
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        lines = []
        for fault in error.errors(include_url=False):
            name = str(fault["loc"][0]) if fault["loc"] else ""
            given = "" if name.endswith(SECRET) else f" (given: {fault['input']!r})"
            lines.append(f"{PREFIX}{name.upper()}: {fault['msg']}{given}")
        raise SettingsError("\n".join(lines)) from None
