"""Where this installation lives and listens: environment over a TOML file over defaults. No Django here.

Every field is set by ``UZEL_<FIELD>`` (two are known by their common names: ``DATABASE_URL``, ``PG_BIN``) or by a
line of the same lower-case name in the TOML file (``UZEL_CONFIG``, else ``uzel.toml`` in the home directory).
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import platformdirs

from uzel.kernel.errors import Invalid

BARE_NAMES = {"database_url": "DATABASE_URL", "pg_bin": "PG_BIN"}
ANY_ADDRESS = {"0.0.0.0", "::", ""}  # noqa: S104 - recognised here, never chosen
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One installation on one machine. Paths are absolute; an empty ``database_url`` means our own PostgreSQL."""

    home: Path
    database_url: str = ""
    pg_bin: str = ""  # folder with postgres and initdb; empty: the wheel's, then the system's
    postgres: dict[str, str | int | float | bool] = {}  # settings of our own PostgreSQL that override ours
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = ""
    allowed_hosts: str = ""  # comma-separated names beyond the one in public_url
    calls_per_minute: int = 600  # of one person, in each web worker
    calls_at_once: int = 100
    max_upload: int = 50 * 1024 * 1024  # bytes of one file
    trusted_proxies: str = ""  # comma-separated addresses whose X-Forwarded-For is believed
    live_port: int = 8001  # loopback only; people reach it through ``port``
    web_workers: int = 2
    web_threads: int = 4
    smtp_host: str = "127.0.0.1"
    smtp_port: int = 2525  # 0: no SMTP listener
    lmtp_port: int = 0  # on smtp_host as well; 0: no LMTP listener
    smtp_certificate: str = ""  # PEM files for STARTTLS; empty: it is not offered
    smtp_key: str = ""
    region: str = "RU"  # for phone numbers without a country code
    language: str = "ru"
    time_zone: str = "Europe/Moscow"
    blobs: Path = Path()
    secret_key: str = ""  # hexadecimal, 32 bytes or more; the same on every node of a cluster
    secret_key_file: Path = Path()
    demo: bool = False
    demo_password: str = ""  # of the demo's people; empty: the public one, on loopback only
    log_level: str = "info"
    log_format: str = "auto"  # json, console, or auto: console on a terminal

    @property
    def address(self) -> str:
        """What people type into the browser."""
        host = "localhost" if self.host in ANY_ADDRESS else self.host
        return self.public_url.rstrip("/") or f"http://{host}:{self.port}"

    @property
    def hosts(self) -> list[str]:
        """Names we answer to. With no public address on an open port nothing can be told apart, hence ``*``."""
        named = _listed(self.allowed_hosts)
        if self.host in ANY_ADDRESS and not self.public_url and not named:
            return ["*"]
        own = urlsplit(self.address).hostname or self.host
        return [*dict.fromkeys([own, *LOOPBACK, *named])]

    @property
    def is_on_loopback(self) -> bool:
        """Whether nobody but this machine can reach the public port."""
        return self.host in ("localhost", "::1") or self.host.startswith("127.")

    @property
    def proxies(self) -> frozenset[str]:
        """Addresses of proxies in front of us."""
        return frozenset(_listed(self.trusted_proxies))


def load_config(env: Mapping[str, str] | None = None) -> Config:
    """The configuration of this process. Raises Invalid naming the field that can't be used."""
    env = os.environ if env is None else env
    home = Path(env["UZEL_HOME"]).expanduser().resolve() if env.get("UZEL_HOME") else default_home()
    values = _from_file(Path(env.get("UZEL_CONFIG") or home / "uzel.toml"), required="UZEL_CONFIG" in env)
    values |= _from_environment(env)
    values["home"] = home
    values["blobs"] = home / values.get("blobs", "blobs")
    values["secret_key_file"] = home / values.get("secret_key_file", "secret.key")
    try:
        return msgspec.convert(values, Config, strict=False, dec_hook=_decode)
    except msgspec.ValidationError as error:
        raise Invalid(
            f"The configuration can't be used: {error}. Correct UZEL_… in the environment or uzel.toml.",
            f"Настройка не подходит: {error}. Исправьте UZEL_… в окружении или uzel.toml.",
        ) from error


def default_home() -> Path:
    """``var`` in a checkout; the system's place for root; the user's own data folder otherwise."""
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "pyproject.toml").is_file():
        return checkout / "var"
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/uzel")
    return Path(platformdirs.user_data_dir("uzel", appauthor=False))


def _listed(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _from_file(path: Path, *, required: bool) -> dict[str, Any]:
    if not path.is_file() and not required:
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise Invalid(
            f"{path} can't be read: {error}. Mend the file or unset UZEL_CONFIG.",
            f"Не удаётся прочитать {path}: {error}. Исправьте файл или уберите UZEL_CONFIG.",
        ) from error


def _from_environment(env: Mapping[str, str]) -> dict[str, Any]:
    names = {field: BARE_NAMES.get(field, f"UZEL_{field.upper()}") for field in Config.__struct_fields__}
    names.pop("postgres")  # a table: only the file can hold it
    return {field: env[name] for field, name in names.items() if env.get(name)}


def _decode(kind: type, value: Any) -> Any:
    return Path(value).expanduser() if kind is Path and isinstance(value, str | Path) else value
