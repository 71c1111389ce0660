"""Key files: created whole or not at all, readable by their owner only, never overwritten."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

from gapwatch_collector.errors import RefusedError

_KEY_BYTES_MAX: Final = 64 * 1024
"""A PEM key or chain is a few kilobytes; anything larger is the wrong file."""


def write_new(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Create ``path`` with exactly this content, durably.

    The name appears only when the content is on disk (link of a finished file), so a crash leaves no half a key.
    Raises RefusedError when the file exists: a key that is overwritten is a zone that is lost.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(staged, path)
    except FileExistsError as error:
        raise RefusedError(
            f"{path} exists already and is never overwritten; choose another folder or move it"
        ) from error
    finally:
        staged.unlink()
    _sync_directory(path.parent)


def replace(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Write a public file anew, whole or not at all."""
    staged = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    staged.replace(path)
    _sync_directory(path.parent)


def read_bounded(path: Path) -> bytes:
    """A key, certificate or policy file. Raises RefusedError with what to do when it cannot be read."""
    try:
        with path.open("rb") as file:
            content = file.read(_KEY_BYTES_MAX + 1)
    except OSError as error:
        raise RefusedError(f"{path} cannot be read: {error.strerror}") from error
    if len(content) > _KEY_BYTES_MAX:
        raise RefusedError(f"{path} is larger than {_KEY_BYTES_MAX} bytes: that is no key, certificate or policy")
    return content


def readable_by_others(path: Path) -> bool:
    """Whether anybody but the owner may read or write this key file."""
    return path.stat().st_mode & 0o077 != 0


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
