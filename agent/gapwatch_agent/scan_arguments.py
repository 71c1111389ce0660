"""What ``gapwatch-agent scan`` understands; apart from what it does, so that every other process stays light."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Final

_EPILOG: Final = """\
examples:
  gapwatch-agent scan ~/Documents                    what is marked there, as a table
  gapwatch-agent scan --jsonl /media/stick > f.jsonl one record a file (docs/scan-format.md)
exit codes: 1 something is marked, else 2 something could not be fully inspected, else 0; 3 wrong usage
An unchanged file is not read again: verdicts are kept in --cache (its name, its mark and where it stood; mode 0600).
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command understands."""
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a file, or a folder with everything under it")
    parser.add_argument("--jsonl", action="store_true", help="for machines: one JSON record a line")
    parser.add_argument("--all", action="store_true", help="in the table also files without a mark")
    parser.add_argument("--jobs", type=_positive, default=os.cpu_count() or 1, metavar="N", help="default: %(default)s")
    parser.add_argument("--key-file", type=Path, metavar="FILE", help="key of fingerprints (32 bytes, raw or hex)")
    parser.add_argument("--no-fingerprint", action="store_true", help="do not compute fingerprints")
    parser.add_argument(
        "--cache", type=Path, metavar="FILE", help="where verdicts are kept (default: the user's cache)"
    )
    parser.add_argument("--no-ocr", action="store_true", help="do not read pictures, though the ocr extra is installed")
    parser.add_argument("--no-cache", action="store_true", help="read every file again and keep nothing")
    parser.add_argument("--lang", choices=("zh", "en"), help="default: from the environment")


def _positive(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= 64:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 64")
    return int(text)
