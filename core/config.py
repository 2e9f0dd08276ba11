"""Settings of an installation: defaults, one TOML file, environment variables; errors say what to mend."""

import json
import os
import re
import tomllib
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
from msgspec import Meta
from msgspec.structs import fields

DEFAULTS = Path(__file__).parent.parent / "config" / "default.toml"
ENVIRONMENT_PREFIX = "SENTRALBORD_"

Port = Annotated[int, Meta(ge=0, le=65535)]
Seconds = Annotated[float, Meta(gt=0)]
Count = Annotated[int, Meta(ge=1)]
ENCODED = "/ ? # @ in a password as %2F %3F %23 %40; empty: the embedded one"
# A password with one of these as it is would be taken for a host, and so be shown in errors: such a URL is refused.
DatabaseUrl = Annotated[
    str,
    Meta(
        pattern=r"^(postgresql://sentralbord_\{role\}(:[^/?#@]*)?@[^@]*)?$",
        extra={"allowed": f"postgresql://sentralbord_{{role}}:password@host/sentralbord, with {{role}}, {ENCODED}"},
    ),
]
RedisUrl = Annotated[
    str,
    Meta(
        pattern=r"^((redis|rediss|unix)://([^/?#@]*@)?[^@]*)?$",
        extra={"allowed": f"redis://:password@host:6379/0, rediss://… or unix://…, {ENCODED}"},
    ),
]


class ConfigError(ValueError):
    """A setting is wrong; the message names the file or variable, the key and what is allowed."""


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One table of the settings file."""


class DataSettings(Section, frozen=True, kw_only=True):
    """Where everything is kept."""

    folder: str
    """Folder of the embedded services, spools, recordings and rendered prompts."""
    database_url: DatabaseUrl
    """postgresql://sentralbord_{role}:…@host/sentralbord of an external PostgreSQL 18, prepared with
    `sentralbord provision`; {role} stands for owner, app and system. Empty: embedded."""
    redis_url: RedisUrl
    """redis://…, rediss://… or unix://… of an external Redis; empty: embedded."""


class WebSettings(Section, frozen=True, kw_only=True):
    """The web process."""

    host: str
    port: Port
    public_url: str
    """Address that browsers use, without a final slash; empty: http://host:port."""
    secure_cookies: bool
    """Send cookies over HTTPS only; always so when public_url begins with https."""
    session_hours: Count
    """A sign-in lasts this long without use."""
    secret_key: str
    """Key that secrets in the database are sealed with: 32 random bytes, URL-safe Base64. Empty: secret.key in the data
    folder, made when there is none. Every machine of an installation needs the same."""
    trusted_proxies: str
    """Addresses and networks of reverse proxies, with commas between: only from them is X-Forwarded-For believed."""

    def __post_init__(self) -> None:
        for proxy in self.proxies:
            try:
                ip_network(proxy)
            except ValueError as error:
                raise ValueError(f"trusted_proxies: {error}; write 192.0.2.7, 10.0.0.0/8") from None

    @property
    def proxies(self) -> list[str]:
        """The trusted proxies one by one."""
        return [proxy for proxy in re.split(r"[,\s]+", self.trusted_proxies) if proxy]

    @property
    def address(self) -> str:
        """Where browsers find the pages."""
        return self.public_url or f"http://{self.host}:{self.port}"


class MessageSettings(Section, frozen=True, kw_only=True):
    """Messages to people."""

    outbox_page: bool
    """Show the operator what would have been sent, with the links in it: where nothing is really sent."""


class MediaSettings(Section, frozen=True, kw_only=True):
    """A media process. Several on one machine get consecutive SIP ports."""

    processes: Count
    sip_host: str
    """IP address the SIP transports are bound to."""
    sip_port: Port
    """UDP and TCP port of the first media process."""
    public_address: str
    """IP address put into Contact and SDP; empty: sip_host."""
    rtp_port: Port
    """First RTP port of the first media process."""
    rtp_ports: Count
    """Number of RTP ports of one media process (two for each leg)."""
    max_calls: Count
    """Calls from callers that one process takes; more are answered 503."""
    rtp_timeout: Seconds
    """A leg that receives nothing for so long is ended."""
    confirm_timeout: Seconds
    """A leg answered but not confirmed (ACK) for so long is ended."""
    worker_threads: Count
    """Native threads that handle SIP and RTP."""
    drain_seconds: Seconds
    """How long calls may go on after a media process was told to stop; no new ones are taken meanwhile."""


class LogSettings(Section, frozen=True, kw_only=True):
    """Logging."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"]
    format: Literal["text", "json"]


class Settings(Section, frozen=True, kw_only=True):
    """All settings of an installation."""

    data: DataSettings
    web: WebSettings
    messages: MessageSettings
    media: MediaSettings
    log: LogSettings


def load_settings(file: Path | None = None, environment: dict[str, str] | None = None) -> Settings:
    """Settings from the defaults, `file` (or $SENTRALBORD_CONFIG) and SENTRALBORD_SECTION__KEY variables.

    Raises ConfigError with the file or variable, the key and the allowed values.
    """
    env = dict(os.environ) if environment is None else environment
    values = _read(DEFAULTS)
    origin = {(section, key): str(DEFAULTS) for section, table in values.items() for key in table}
    chosen = file or (Path(env["SENTRALBORD_CONFIG"]) if env.get("SENTRALBORD_CONFIG") else None)
    if chosen is not None:
        for section, table in _read(chosen).items():
            _merge(values, origin, section, table, str(chosen))
    for name, text in sorted(env.items()):
        section, separator, key = name.removeprefix(ENVIRONMENT_PREFIX).lower().partition("__")
        if name.startswith(ENVIRONMENT_PREFIX) and separator:
            _merge(values, origin, section, {key: _typed(values, section, key, text)}, name)
    try:
        return msgspec.convert(values, Settings)
    except msgspec.ValidationError as error:
        raise ConfigError(_explain(str(error), values, origin)) from None


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such settings file; create it or unset SENTRALBORD_CONFIG") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None


def _merge(
    values: dict[str, dict[str, Any]],
    origin: dict[tuple[str, str], str],
    section: str,
    table: object,
    source: str,
) -> None:
    if section not in values:
        raise ConfigError(f"{source}: unknown section [{section}]; allowed: {', '.join(values)}")
    if not isinstance(table, dict):
        raise ConfigError(f"{source}: {section} must be a section, written as [{section}]")
    for key, value in table.items():
        if key not in values[section]:
            raise ConfigError(f"{source}: unknown key {section}.{key}; allowed: {', '.join(values[section])}")
        values[section][key] = value
        origin[section, key] = source


def _typed(values: dict[str, dict[str, Any]], section: str, key: str, text: str) -> Any:
    """An environment variable's text in the type of the default that it replaces."""
    default = values.get(section, {}).get(key)
    if isinstance(default, bool):
        return {"true": True, "false": False, "1": True, "0": False}.get(text.lower(), text)
    for kind in (int, float):
        if isinstance(default, (int, float)):
            try:
                return kind(text)
            except ValueError:
                continue
    return text


def _explain(message: str, values: dict[str, dict[str, Any]], origin: dict[tuple[str, str], str]) -> str:
    """msgspec's message with the source, the key, the value (unless it has a password) and what is allowed."""
    what, _, path = message.partition(" - at `$.")
    section, _, key = path.rstrip("`").partition(".")
    if not key:  # a section's own check, whose text begins with the key
        key, _, what = what.partition(": ")
    where = f"{origin.get((section, key), str(DEFAULTS))}: {section}.{key}"
    kinds = {field.name: field.type for field in fields(Settings)}
    kind = next((field.type for field in fields(kinds.get(section, Section)) if field.name == key), None)
    if kind in (DatabaseUrl, RedisUrl):
        return f"{where} is not of the form that is allowed: {kind.__metadata__[0].extra['allowed']}"
    choices = (True, False) if kind is bool else get_args(kind) if get_origin(kind) is Literal else ()
    allowed = f"; allowed: {', '.join(json.dumps(choice) for choice in choices)}" if choices else ""
    return f"{where} = {json.dumps(values.get(section, {}).get(key))}: {what}{allowed}"
