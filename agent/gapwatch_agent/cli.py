"""The command line of ``gapwatch-agent``.

Each process of the agent is a subcommand, and imports happen inside the handlers: ``guard`` must not load what
``link`` needs (C11, and every megabyte is on every workstation). Exit codes: 0 done, 1 the answer is no, 2 something
could not be done, 3 wrong usage or configuration.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NoReturn

from gapwatch_agent import config, fingerprint_arguments, scan_arguments
from gapwatch_agent.errors import AgentError, ConfigError, RefusedError, UnavailableError

DONE, NO, FAILED, USAGE = 0, 1, 2, 3

_NICE: Final = {"watch": 5, "inspector": 10}
"""The person's own work goes first: what these two do can wait a moment, what guard and link do cannot."""

_EPILOG: Final = """\
first steps on a workstation:
  1. write /etc/gapwatch/agent.toml and put the root certificate beside it    gapwatch-agent check-config
  2. enrol with the one-time token the administrator made for this machine    gapwatch-agent enrol --token-file FILE
  3. systemctl enable --now gapwatch.target       (without systemd units:     gapwatch-agent run)
  4. see what is watched, and what is not                                     gapwatch-agent doctor
exit codes: 0 done, 1 the answer is no, 2 something could not be done, 3 wrong usage or configuration
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program. Every expected failure is one readable message, never a traceback."""
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")  # its lines are not JSON and say nothing an administrator needs
    if arguments is None:
        _open_standard_streams()
    options = _parser().parse_args(arguments)
    options.whole_process = arguments is None  # nothing else lives here: it may give up what it does not need
    _log_to_stderr(options.verbose)
    handler: Callable[[argparse.Namespace], int] = options.handler
    try:
        return handler(options)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return USAGE
    except RefusedError as error:
        print(f"gapwatch-agent: refused: {error}", file=sys.stderr)
        return NO
    except UnavailableError as error:
        print(f"gapwatch-agent: not available now: {error}", file=sys.stderr)
        return FAILED
    except (AgentError, OSError) as error:
        print(f"gapwatch-agent: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="gapwatch-agent",
        description="Watches the air gap of this machine: removable media, radios, network links, marked documents.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    shared = _Parser(add_help=False)
    shared.add_argument("--config", type=Path, default=config.DEFAULT_PATH, metavar="FILE", help="default: %(default)s")
    shared.add_argument("--verbose", action="store_true", help="log more, to stderr")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=_Parser)

    def command(name: str, handler: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, parents=[shared], help=text, description=text)
        sub.set_defaults(handler=handler)
        return sub

    command("run", _run, "run all processes of the agent in the foreground (where systemd units are not used)")
    command("guard", _process("guard"), "process: answers permission events on media (root, systemd unit)")
    command("watch", _process("watch"), "process: the sensors (systemd unit)")
    command("link", _process("link"), "process: the spool and the stream to the collector (systemd unit)")
    command("inspector", _process("inspector"), "process: the caged reader of documents (systemd unit)")
    enrol = command("enrol", _enrol, "get this machine's certificate with a one-time token")
    enrol.add_argument("--token-file", type=Path, required=True, metavar="FILE", help="file holding the one-time token")
    enrol.add_argument("--wait-s", type=int, default=3600, metavar="S", help="how long to wait for an officer's yes")
    doctor = command(
        "doctor", _doctor, "what is watched on this machine, by what, and what is not; 1 if anything is not"
    )
    doctor.add_argument("--lang", choices=("zh", "en"), help="default: from the environment")
    scan_arguments.add_arguments(command("scan", _scan, "inspect files and folders here, without a collector"))
    fingerprint_arguments.add_arguments(
        command("fingerprint", _fingerprint, "compare, index and look up the content of files, without a collector")
    )
    for sub in (
        doctor,
        command("status", _status, "is the agent running, connected, and what waits to be sent; 1 if not healthy"),
        command("check-config", _check_config, "read the configuration and name every mistake at once"),
    ):
        sub.add_argument("--json", action="store_true", help="for machines")
    return parser


def _open_standard_streams() -> None:
    """Started without one of them (``>&-``), the next file opened would take its place and be written to."""
    while (fd := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(fd, True)
    os.close(fd)
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - for good
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


def _log_to_stderr(verbose: bool) -> None:
    class _JsonLines(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            line = {"level": record.levelname.lower(), "logger": record.name, "message": record.getMessage()}
            if record.exc_info:
                line["exception"] = self.formatException(record.exc_info)
            return json.dumps(line, ensure_ascii=True)

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # What libraries tell their makers helps nobody here.
    logging.getLogger("gapwatch_agent").setLevel(logging.DEBUG if verbose else logging.INFO)


def _process(name: str) -> Callable[[argparse.Namespace], int]:
    def handler(options: argparse.Namespace) -> int:
        from gapwatch_agent import compose

        settings = config.load(options.config)
        if name in _NICE:
            os.setpriority(os.PRIO_PROCESS, 0, _NICE[name])
        return compose.PROCESSES[name](settings)

    return handler


def _run(options: argparse.Namespace) -> int:
    import asyncio

    from gapwatch_agent.supervise import Supervisor, programs

    settings = config.load(options.config)
    settings.paths.runtime.mkdir(mode=0o755, parents=True, exist_ok=True)  # sockets: ours to write, whatever the umask
    supervisor = Supervisor(programs(options.config, privileged=os.geteuid() == 0), settings.paths.runtime)
    return asyncio.run(supervisor.run())


def _enrol(options: argparse.Namespace) -> int:
    from gapwatch_agent import compose

    host_id = compose.enrol(config.load(options.config), options.token_file, options.wait_s)
    print(f"enrolled: host {host_id.hex()}")
    return DONE


def _scan(options: argparse.Namespace) -> int:
    from gapwatch_agent import scan_command

    return scan_command.run(options)


def _fingerprint(options: argparse.Namespace) -> int:
    from gapwatch_agent import fingerprint_command

    return fingerprint_command.run(options)


def _doctor(options: argparse.Namespace) -> int:
    from gapwatch_agent import doctor

    settings = config.load(options.config) if options.config.exists() else config.Config()
    report = doctor.examine(settings)
    if options.json:
        print(doctor.as_json(report))
    else:
        print(doctor.as_table(report, options.lang or doctor.language(os.environ)))
    return DONE if all(finding.in_force for finding in report) else NO


def _status(options: argparse.Namespace) -> int:
    from gapwatch_agent import status

    snapshot = status.read(config.load(options.config))
    print(status.as_json(snapshot) if options.json else status.as_table(snapshot))
    return DONE if snapshot.healthy else NO


def _check_config(options: argparse.Namespace) -> int:
    try:
        settings = config.load(options.config)
    except ConfigError as error:
        if not options.json:
            raise
        print(json.dumps({"file": error.source, "faults": list(error.faults)}, ensure_ascii=False))
        return USAGE
    if options.json:
        print(json.dumps({"file": str(options.config), "faults": []}))
    else:
        sensors = ", ".join(settings.watch.sensors)
        print(f"{options.config}: good; collector {settings.collector.address}, sensors {sensors}")
    return DONE
