"""The secret that signs tokens."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from app.domain.errors import Misconfigured
from config import Settings


def find_secret(settings: Settings) -> str | None:
    """Return what signs tokens: SECRET_KEY, or the one that development keeps in DATA_DIR."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value()
    path = settings.data_dir / "secret_key"
    if settings.environment == "development":
        return _kept_secret(path)
    return None


def require_secret(settings: Settings) -> None:
    """Raise Misconfigured unless there is a secret worth its name."""
    secret = find_secret(settings)
    if secret is None:
        raise Misconfigured(
            "SECRET_KEY is not set, and outside development there is no default. "
            "Make one with: openssl rand -hex 32"
        )
    if len(secret) < 32:
        raise Misconfigured("SECRET_KEY must have at least 32 characters: openssl rand -hex 32")


def _kept_secret(path: Path) -> str:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # whole or not at all: of several makers the first wins, and nobody reads half a secret
        with NamedTemporaryFile("w", dir=path.parent) as file, suppress(FileExistsError):
            file.write(secrets.token_hex(32))
            file.flush()
            os.link(file.name, path)
    return path.read_text()
