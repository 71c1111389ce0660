"""The key of fingerprints (C5): the zone's, from a file its machines share, or one made for this user alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

from gapwatch_agent.config import Config
from gapwatch_agent.errors import ConfigError, UnavailableError

KEY_BYTES: Final = 32


def read_key(path: Path) -> bytes:
    """The key in a file: 32 bytes, raw or as 64 hex digits. Raises ConfigError that says what is wrong with it."""
    try:
        content = path.read_bytes()[:1024]
    except OSError as error:
        raise ConfigError(str(path), [f"cannot be read: {error.strerror}"]) from error
    if len(content) == KEY_BYTES:
        return content
    try:
        key = bytes.fromhex(content.decode("ascii").strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ConfigError(str(path), [f"is not a key: write {KEY_BYTES} random bytes, or 64 hex digits"])
    return key


def configured_key(config: Config) -> bytes:
    """The zone's key; empty where the configuration names none. Raises ConfigError."""
    return read_key(config.fingerprints.key_file) if config.fingerprints.key_file else b""


def kept_key(path: Path) -> bytes:
    """The key kept at ``path``, made (mode 0600) if there is none. Raises ConfigError, OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return read_key(path)
    key = secrets.token_bytes(KEY_BYTES)
    with os.fdopen(fd, "wb") as file:
        file.write(key.hex().encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return key


def zone_key(named: Path | None, config: Config) -> bytes:
    """The key to use at a command line: the file named there, else the zone's, else this user's own.

    Raises ConfigError for a key that is none, UnavailableError where this user has no place to keep one.
    """
    if named is not None:
        return read_key(named)
    if key := configured_key(config):
        return key
    try:
        base = os.environ.get("XDG_STATE_HOME") or Path("~/.local/state").expanduser()
        return kept_key(Path(base) / "gapwatch" / "fingerprint.key")
    except (OSError, RuntimeError) as error:
        raise UnavailableError(f"no key can be kept here ({error}); name one with --key-file") from error
