"""The composition root: the only place that names the agent's concrete classes together.

One function a process. Imports stand inside the functions, because each process may load only what it needs:
``guard`` is the standard library, ``watch`` has no cryptography, ``link`` no udev.
"""

from __future__ import annotations

import os
import pwd
import signal
import socket
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gapwatch_agent.config import Config
from gapwatch_agent.sd_notify import Notifier

if TYPE_CHECKING:
    from gapwatch_agent.inspector.examine import Terms
    from gapwatch_agent.inspector.limits import Limits

_WAITING_WALL_S, _WAITING_CPU_S, _WAITING_OCR_CPU_S = 90, 60, 45.0
"""A page takes one to two seconds of a processor to read."""
LINK_USER: Final = "gapwatch"
"""Whom the packages create for ``link``; where it exists, enrolment leaves the keys to it."""


def guard_socket(config: Config) -> Path:
    return config.paths.runtime / "guard.sock"


def inspector_socket(config: Config) -> Path:
    return config.paths.runtime / "inspector.sock"


def link_socket(config: Config) -> Path:
    """In a directory of its own: ``link`` runs as a user who may write nowhere else."""
    return config.paths.runtime / "link" / "link.sock"


def status_file(config: Config) -> Path:
    return config.paths.runtime / "link" / "status.json"


def agent_version() -> str:
    """The version of the installed package; a staged tree without metadata knows its own."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("gapwatch")
    except PackageNotFoundError:
        from gapwatch_agent import __version__

        return __version__


def guard(config: Config) -> int:
    """The process that answers permission events."""
    from gapwatch_agent.guard import run

    config.paths.runtime.mkdir(parents=True, exist_ok=True)
    notifier = Notifier()
    return run(guard_socket(config), ready=notifier.ready, alive=notifier.alive)


def inspector(config: Config) -> int:
    """The caged reader of documents."""
    from gapwatch_agent.inspector import door

    def serve(listener: socket.socket, beat: Callable[[], None]) -> None:
        from gapwatch_agent.fingerprint_key import configured_key
        from gapwatch_agent.inspector import service

        terms = inspector_terms(config, configured_key(config))
        idle_s = config.inspector.idle_exit_s or None
        service.serve(listener, inspector_limits(config), alive=beat, idle_exit_s=idle_s, terms=terms)

    config.paths.runtime.mkdir(parents=True, exist_ok=True)
    notifier = Notifier()
    return door.run(inspector_socket(config), serve, ready=notifier.ready, alive=notifier.alive)


def inspector_limits(config: Config, *, ocr: bool | None = None) -> Limits:
    """What one file may cost. ``ocr`` given: for somebody who waits for the answer, with time to read pages."""
    from gapwatch_agent.inspector.limits import Limits

    if ocr:
        return Limits(
            file_bytes_max=config.inspector.file_bytes_max,
            wall_s=max(config.inspector.wall_s, _WAITING_WALL_S),
            cpu_s=max(config.inspector.cpu_s, _WAITING_CPU_S),
            memory_bytes=config.inspector.memory_bytes,
            ocr=True,
            ocr_cpu_s=_WAITING_OCR_CPU_S,
        )
    return Limits(
        file_bytes_max=config.inspector.file_bytes_max,
        wall_s=config.inspector.wall_s,
        cpu_s=config.inspector.cpu_s,
        memory_bytes=config.inspector.memory_bytes,
        ocr=config.inspector.ocr if ocr is None else ocr,
    )


def inspector_terms(config: Config, key: bytes, *, sum_up: bool = True) -> Terms:
    """What files are judged by: the unit's labels, the zone's key of fingerprints (empty: none)."""
    from gapwatch_agent.inspector.examine import Terms
    from gapwatch_agent.inspector.label_policy import LabelPolicy

    policy = LabelPolicy(frozenset(config.labels.keys), dict(config.labels.guids))
    return Terms(policy, key, sum_up)


def link(config: Config) -> int:
    """The process that keeps and sends."""
    from gapwatch_agent.link.run import LinkSettings, run
    from gapwatch_agent.spool.port import SpoolLimits

    link_socket(config).parent.mkdir(parents=True, exist_ok=True)
    state = config.paths.state / "link"
    settings = LinkSettings(
        state=state,
        socket=link_socket(config),
        status_file=status_file(config),
        collector_address=config.collector.address,
        enrolment_address=config.collector.enrolment_address,
        root_certificate=config.collector.root_certificate,
        token_file=state / "token",
        zone=config.zone,
        hostname=socket.gethostname(),
        agent_version=agent_version(),
        limits=SpoolLimits(bytes_max=config.spool.bytes_max, reserve_bytes=config.spool.reserve_bytes),
    )
    notifier = Notifier()

    async def serve() -> None:
        await run(settings, ready=notifier.ready, alive=notifier.alive)

    return _until_signal(serve)


def watch(config: Config) -> int:
    """The process that runs the sensors."""
    import asyncio

    from gapwatch_agent.clock import SystemClock, read_boot_id
    from gapwatch_agent.sensors import Sensor
    from gapwatch_agent.sensors.devices import DevicesSensor
    from gapwatch_agent.sensors.files import FilesSensor
    from gapwatch_agent.sensors.media import MediaSensor, MediaSettings
    from gapwatch_agent.sensors.network import NetworkSensor
    from gapwatch_agent.sensors.radios import RadiosSensor
    from gapwatch_agent.watch.pipeline import Pipeline, PipelineSettings
    from gapwatch_agent.watch.process import WatchSettings, run

    state = config.paths.state / "watch"
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    clock, boot_id = SystemClock(), read_boot_id()
    pipeline = Pipeline(PipelineSettings(link_socket(config), boot_id), clock)
    files = FilesSensor(
        guard_socket(config), inspector_socket(config), state, clock, boot_id, delivered=lambda: pipeline.unsent == 0
    )
    listening = files if "files" in config.watch.sensors else None
    media = MediaSensor(clock, listening, MediaSettings(extra_nodes=frozenset(config.watch.extra_media)))
    known: Mapping[str, Sensor] = {
        "devices": DevicesSensor(clock),
        "files": files,
        "media": media,
        "radios": RadiosSensor(clock),
        "network": NetworkSensor(clock),
    }
    # files first: what media finds mounted at start must find a listener that is up
    sensors = [sensor for name, sensor in known.items() if name in config.watch.sensors]
    notifier = Notifier()
    settings = WatchSettings(state, agent_version())
    asyncio.run(run(sensors, pipeline, settings, clock, ready=notifier.ready, alive=notifier.alive))
    return 0


PROCESSES: Final[Mapping[str, Callable[[Config], int]]] = {
    "guard": guard,
    "inspector": inspector,
    "link": link,
    "watch": watch,
}


def enrol(config: Config, token_file: Path, wait_s: int) -> bytes:
    """Spend the token and wait for an officer's confirmation; returns the host id.

    As root the keys are made as the user ``link`` runs as. Raises RefusedError when a person has to act,
    UnavailableError when the collector cannot be reached or nobody confirmed in time.
    """
    import asyncio

    from gapwatch_agent.clock import SystemClock
    from gapwatch_agent.transport.enrolment import Enrolment, read_token, this_machine
    from gapwatch_agent.transport.identity import IdentityStore
    from gapwatch_agent.transport.patience import enrol_until_confirmed

    token = read_token(token_file)
    machine = this_machine(socket.gethostname())  # before rights are given up: the DMI UUID needs root
    root_pem = config.collector.root_certificate.read_bytes()
    identity = config.paths.state / "link" / "identity"
    _become_link_user(config.paths.state / "link")
    store = IdentityStore(identity, root_pem)
    calls = Enrolment(config.collector.enrolment_address, store)
    certificate = asyncio.run(enrol_until_confirmed(calls, store.keys(), token, machine, SystemClock(), wait_s))
    return certificate.identity.host_id


def _become_link_user(state: Path) -> None:
    """Where the packages made a user for ``link``, give it the directory and go on as that user."""
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        user = pwd.getpwnam(LINK_USER)
    except KeyError:
        return
    if os.geteuid() != 0:
        return
    os.chown(state, user.pw_uid, user.pw_gid)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)


def _until_signal(serve: Callable[[], Coroutine[None, None, None]]) -> int:
    """Run until SIGTERM or SIGINT cancels it."""
    import asyncio

    async def main() -> None:
        task = asyncio.create_task(serve())
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, task.cancel)
        try:
            await task
        except asyncio.CancelledError:
            return

    asyncio.run(main())
    return 0
