"""The files browsers load: all of them ours to serve, each addressed by a hash of its bytes so it can be kept."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "static"
OURS: Final = ("console.css", "console.js", "mark.svg")
VENDOR: Final = ("vendor/htmx.min.js", "vendor/sse.min.js")
_HASH_LENGTH: Final = 12

_log = logging.getLogger(__name__)


def addresses(folder: Path = FOLDER) -> Mapping[str, str]:
    """Name -> address with its hash. Vendor files that were not fetched are left out, and the log says so."""
    found = {}
    for name in (*OURS, *VENDOR):
        path = folder / name
        if name in VENDOR and not path.is_file():
            _log.warning(
                "console asset %s is missing: pages work but do not update by themselves; run `make env`", name
            )
            continue
        found[name] = f"/static/{name}?v={hashlib.sha256(path.read_bytes()).hexdigest()[:_HASH_LENGTH]}"
    return found
