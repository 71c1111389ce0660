"""How commands are added to the parser: every one takes the same options and teaches by its ``--help``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, TypeAlias

from gapwatch_collector.commands.output import USAGE
from gapwatch_collector.config import DEFAULT_PATH

Handler = Callable[[argparse.Namespace], int]


class Parser(argparse.ArgumentParser):
    """Wrong usage leaves with the exit code for it."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


Subparsers: TypeAlias = "argparse._SubParsersAction[Parser]"  # noqa: SLF001 - argparse has no public name for it
"""What commands are added to."""


def group(commands: Subparsers, name: str, text: str) -> Subparsers:
    """A command that has commands of its own."""
    parser = commands.add_parser(name, help=text, description=text)
    return parser.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=Parser)


def command(commands: Subparsers, name: str, handler: Handler, text: str, *, example: str = "") -> Parser:
    """A command with ``--config``, ``--json`` and, in its help, an example."""
    epilog = f"example:\n  {example}" if example else None
    parser = commands.add_parser(
        name, help=text, description=text, epilog=epilog, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--config", type=Path, default=DEFAULT_PATH, metavar="FILE", help="default: %(default)s")
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.set_defaults(handler=handler)
    return parser


def acts(parser: Parser) -> Parser:
    """A command that changes something: who does it stands in the log."""
    parser.add_argument("--by", default="", metavar="NAME", help="who does this, for the log (default: this account)")
    return parser
