"""``keys``: making a zone's keys."""

from __future__ import annotations

import argparse
from pathlib import Path

from gapwatch_collector.authority.creation import create_zone_keys
from gapwatch_collector.authority.files import read_bounded
from gapwatch_collector.commands.grammar import Subparsers, command, group
from gapwatch_collector.commands.output import DONE, show

_ADVICE = """
offline/    belongs in a safe: whoever holds root.key can certify collectors and officers
officers/   each officer takes their own .key and .pem
collector/  goes to the collector (collector.keys_dir); root.pem also to every host, which pins it"""


def add(commands: Subparsers) -> None:
    """The part of the parser."""
    keys = group(commands, "keys", "keys and certificates of a zone")
    create = command(
        keys,
        "create",
        _create,
        "make the offline root, the officers' keys and the collector's keys (on a machine without a network)",
        example="gapwatch-collector keys create --out /media/safe/keys --zone classified --officer li --officer wang",
    )
    create.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where; keys are never overwritten")
    create.add_argument("--zone", default="", metavar="NAME", help="the zone's name, in the certificates' names")
    create.add_argument(
        "--officer", action="append", default=[], metavar="NAME", help="an officer who signs policy; at least two"
    )
    create.add_argument("--passphrase-file", type=Path, metavar="FILE", help="encrypts the root's and officers' keys")
    create.add_argument(
        "--development", action="store_true", help="marks every certificate as not for use; for trying things out only"
    )


def _create(options: argparse.Namespace) -> int:
    passphrase = read_bounded(options.passphrase_file).strip() if options.passphrase_file else b""
    files = create_zone_keys(
        options.out,
        zone=options.zone,
        officers=options.officer or ["officer-1", "officer-2"],
        development=options.development,
        passphrase=passphrase,
    )
    show([{"file": str(path)} for path in files], as_json=options.json)
    if not options.json:
        print(_ADVICE)
        if not passphrase and not options.development:
            print("the root's and the officers' keys are not encrypted; --passphrase-file would encrypt them")
    return DONE
