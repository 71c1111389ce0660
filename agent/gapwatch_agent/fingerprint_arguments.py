"""What ``gapwatch-agent fingerprint`` understands; apart from what it does, so that every other process stays light."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Final

_EPILOG: Final = """\
examples:
  gapwatch-agent fingerprint compare report.docx copy.pdf   do they share content, whatever happened to marks and form
  gapwatch-agent fingerprint index /srv/marked              know what is there; unchanged files are not read again
  gapwatch-agent fingerprint lookup draft.txt               which known documents it holds, or which hold it
exit codes: 0 yes (index: done), 1 no, 2 something could not be inspected, 3 wrong usage
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command understands: compare, index, lookup."""
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    actions = parser.add_subparsers(title="actions", metavar="ACTION", dest="action", required=True)
    compare = actions.add_parser("compare", help="whether two files share content")
    compare.add_argument("first", metavar="A")
    compare.add_argument("second", metavar="B")
    index = actions.add_parser("index", help="keep the fingerprints of a folder's files")
    index.add_argument("folder", metavar="DIR", help="a folder with everything under it, or one file")
    index.add_argument("--jobs", type=int, choices=range(1, 65), default=os.cpu_count() or 1, metavar="N")
    lookup = actions.add_parser("lookup", help="find a file's content among what was indexed")
    lookup.add_argument("file", metavar="FILE")
    for action in (index, lookup):
        action.add_argument("--db", type=Path, metavar="FILE", help="the index (default: the user's own)")
        action.add_argument(
            "--key-file", type=Path, metavar="FILE", help="32 bytes, raw or hex (default: the zone's, else the user's)"
        )
    for action in (compare, index, lookup):
        action.add_argument("--config", type=Path, default=argparse.SUPPRESS, metavar="FILE", help=argparse.SUPPRESS)
        action.add_argument("--verbose", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        action.add_argument("--json", action="store_true", help="for machines: one JSON object")
        action.add_argument("--lang", choices=("zh", "en"), help="default: from the environment")
