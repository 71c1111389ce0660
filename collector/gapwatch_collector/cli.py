"""The command line of ``gapwatch-collector``.

Commands stand in ``commands``, one file a subject; this file puts them together and turns what goes wrong into a
sentence and an exit code: 0 done, 1 the answer is no, 2 something could not be done, 3 wrong usage or configuration.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from typing import Final

from gapwatch_collector.commands import accounts, keys, policy, registers, rules, serve, upkeep
from gapwatch_collector.commands.grammar import Parser
from gapwatch_collector.commands.output import FAILED, NO, USAGE, printable_lines
from gapwatch_collector.errors import CollectorError, ConfigError, RefusedError, RuleError, StoreBusyError

_LOG = logging.getLogger(__name__)

_EPILOG: Final = """\
first steps in a secrecy office:
  1. on a machine without a network: make the keys             gapwatch-collector keys create --out KEYS
  2. copy KEYS/collector to the collector, write /etc/gapwatch/collector.toml
                                                               gapwatch-collector check-config
  3. an administrator and an officer for the console           gapwatch-collector accounts create NAME --by YOU
     rights are given by another person                        gapwatch-collector accounts grant NAME ROLE --by OTHER
  4. start it                                                  gapwatch-collector serve
  5. a one-time token for each workstation                     gapwatch-collector token create
     and, when it has asked, an officer's yes                  gapwatch-collector hosts confirm HOST
exit codes: 0 done, 1 the answer is no, 2 something could not be done, 3 wrong usage or configuration
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program. Every failure is a readable message, never a traceback."""
    options = _parser().parse_args(arguments)
    handler: Callable[[argparse.Namespace], int] = options.handler
    try:
        return handler(options)
    except KeyboardInterrupt:
        return FAILED
    except Exception as error:  # noqa: BLE001 - whatever it is, the user gets a sentence
        message, code = _complaint(error)
        if options.verbose:
            logging.basicConfig(level=logging.DEBUG)
            _LOG.debug("where it happened", exc_info=True)
        print(printable_lines(f"gapwatch-collector: {message}"), file=sys.stderr)
        return code


def _complaint(error: Exception) -> tuple[str, int]:
    if isinstance(error, ConfigError | RuleError):
        return str(error), USAGE
    if isinstance(error, RefusedError):
        return f"refused: {error}", NO
    if isinstance(error, StoreBusyError):
        return f"the store cannot take it now, try again: {error}", FAILED
    if isinstance(error, CollectorError | OSError):
        return str(error), FAILED
    return f"a mistake in the program ({type(error).__name__}); --verbose shows where", FAILED


def _parser() -> Parser:
    parser = Parser(
        prog="gapwatch-collector",
        description="Collects what the workstations saw, applies the rules, and shows officers what to do.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--verbose", action="store_true", help="with a failure, show where it happened")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=Parser)
    for subject in (serve, upkeep, keys, registers, accounts, policy, rules):
        subject.add(commands)
    return parser
