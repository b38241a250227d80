"""The installation's one secret and the keys derived from it: tokens are signed, stored secrets are encrypted."""

import base64
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from uzel.kernel.config import Config
from uzel.kernel.errors import Invalid

SECRET_BYTES = 32


def load_secret(config: Config) -> bytes:
    """The secret from the environment, else from its file, which is made once (0600). Raises Invalid if too short."""
    if config.secret_key:
        return _checked(_from_hex(config.secret_key), "UZEL_SECRET_KEY")
    path = config.secret_key_file
    if not path.exists():
        _make(path)
    return _checked(path.read_bytes(), str(path))


def derive_key(secret: bytes, purpose: str) -> bytes:
    """32 bytes for one purpose only: whoever learns one derived key learns no other."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"uzel/{purpose}".encode()).derive(secret)


def seal(secret: bytes, plain: str) -> str:
    """Encrypt a channel's password or token for the database."""
    return _box(secret).encrypt(plain.encode()).decode()


def unseal(secret: bytes, sealed: str) -> str:
    """The text that was sealed. Raises Invalid if it was sealed with another secret or changed since."""
    try:
        return _box(secret).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise Invalid(
            "A stored secret was encrypted with another key. Put the old secret.key back, or enter the secret anew.",
            "Сохранённый секрет зашифрован другим ключом. Верните прежний secret.key или введите секрет заново.",
        ) from error


def _box(secret: bytes) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(derive_key(secret, "secrets at rest")))


def _make(path: Path) -> None:
    """Written aside and linked into place, so that two processes starting at once agree on one secret."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secrets.token_bytes(SECRET_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # the other process was first: its secret is the one
    finally:
        draft.unlink()


def _from_hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _checked(secret: bytes, source: str) -> bytes:
    if len(secret) >= SECRET_BYTES:
        return secret
    raise Invalid(
        f"{source} must hold at least {SECRET_BYTES} bytes (hexadecimal in the environment). "
        f"Make one with: openssl rand -hex {SECRET_BYTES}",
        f"{source} должен содержать не меньше {SECRET_BYTES} байт (в окружении — шестнадцатерично). "
        f"Создать: openssl rand -hex {SECRET_BYTES}",
    )
