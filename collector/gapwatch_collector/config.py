"""collector.toml: text to frozen dataclasses, with every mistake named at once.

Two steps: ``parse_config`` is pure (text in, ``Config`` or one ConfigError out); ``check_files`` asks the disk what
only the disk knows and is run by ``check-config`` and before ``serve`` starts. Nothing reads a file or the environment
later. Relative paths stand relative to the folder of the file that names them.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gapwatch_collector.config_fields import Reader
from gapwatch_collector.errors import ConfigError

DEFAULT_PATH: Final = Path("/etc/gapwatch/collector.toml")
_CONFIG_BYTES_MAX: Final = 1024 * 1024

ROLES: Final = ("ingest", "evaluate", "console")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens."""

    host: str
    port: int

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host in {"127.0.0.1", "::1", "localhost"}

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class CollectorSection:
    """``[collector]``: where state lives and which zone this is."""

    data_dir: Path = Path("/var/lib/gapwatch-collector")
    zone: str = ""
    keys_dir: Path = Path("/etc/gapwatch/keys/collector")
    log_level: str = "info"
    tick_interval_s: int = 60


@dataclass(frozen=True, slots=True)
class StoreSection:
    """``[store]``: the SQLite file, under ``data_dir`` unless another is named."""

    path: Path | None = None
    busy_timeout_s: int = 5


@dataclass(frozen=True, slots=True)
class IngestSection:
    """``[ingest]``: the stream port. Credits count records that may wait for their ack."""

    listen: Address = Address("0.0.0.0", 7443)  # noqa: S104 - agents are elsewhere; mutual TLS guards it
    streams_max: int = 10_000
    credits_max: int = 2_048
    credits_total_max: int = 262_144
    hello_timeout_s: int = 15
    register_poll_s: int = 2


@dataclass(frozen=True, slots=True)
class EnrolmentSection:
    """``[enrolment]``: its own port. ``auto_confirm`` works with development keys only."""

    listen: Address = Address("0.0.0.0", 7444)  # noqa: S104 - hosts are elsewhere; a one-time token guards it
    certificate_days: int = 7
    token_hours: int = 72
    ask_again_s: int = 30
    auto_confirm: bool = False


@dataclass(frozen=True, slots=True)
class EvaluateSection:
    """``[evaluate]``: the rules folder (the shipped one when left out), and from when a host is silent or late."""

    rules_dir: Path | None = None
    batch_entries_max: int = 2_000
    silence_after_s: int = 180
    late_after_s: int = 300


@dataclass(frozen=True, slots=True)
class ConsoleSection:
    """``[console]``: TLS is wanted unless it listens on loopback.

    ``classification`` is that of the screen itself and stands on every page; ``unit`` names the organisation.
    """

    listen: Address = Address("127.0.0.1", 8080)
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    classification: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Config:
    """Everything the collector is told."""

    source: str = "(defaults)"
    collector: CollectorSection = field(default_factory=CollectorSection)
    store: StoreSection = field(default_factory=StoreSection)
    ingest: IngestSection = field(default_factory=IngestSection)
    enrolment: EnrolmentSection = field(default_factory=EnrolmentSection)
    evaluate: EvaluateSection = field(default_factory=EvaluateSection)
    console: ConsoleSection = field(default_factory=ConsoleSection)

    @property
    def store_path(self) -> Path:
        """The database file."""
        return self.store.path or self.collector.data_dir / "collector.sqlite3"


def load_config(path: Path) -> Config:
    """Read and parse. Raises ConfigError with every mistake, or what to do when the file cannot be read."""
    try:
        with path.open("rb") as file:
            content = file.read(_CONFIG_BYTES_MAX + 1)
        if len(content) > _CONFIG_BYTES_MAX:
            raise ConfigError(str(path), [f"larger than {_CONFIG_BYTES_MAX} bytes: this is not a configuration"])
        text = content.decode("utf-8")
    except OSError as error:
        raise ConfigError(str(path), [f"cannot be read ({error.strerror}); name another with --config"]) from error
    except UnicodeDecodeError as error:
        raise ConfigError(str(path), [f"not UTF-8 at byte {error.start}; save it as UTF-8"]) from error
    return parse_config(text, source=str(path), relative_to=path.absolute().parent)


def parse_config(text: str, *, source: str, relative_to: Path) -> Config:
    """Text to values. Raises ConfigError whose ``faults`` name section.key, what is wrong and what to write."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(source, [f"not TOML: {error}"]) from error
    reader = Reader(document, relative_to)
    config = Config(
        source=source,
        collector=_collector(reader),
        store=_store(reader),
        ingest=_ingest(reader),
        enrolment=_enrolment(reader),
        evaluate=_evaluate(reader),
        console=_console(reader),
    )
    faults = [*reader.finish(), *_contradictions(config)]
    if faults:
        raise ConfigError(source, faults)
    return config


def check_files(config: Config) -> list[str]:
    """What is wrong with the files and folders the configuration names; empty when nothing is."""
    faults = []
    if not config.collector.keys_dir.is_dir():
        faults.append(
            f"collector.keys_dir: {config.collector.keys_dir} does not exist; make keys with `gapwatch-collector keys "
            "create` and copy the set's collector folder there"
        )
    for name, path in (("tls_certificate", config.console.tls_certificate), ("tls_key", config.console.tls_key)):
        if path is not None and not path.is_file():
            faults.append(f"console.{name}: {path} does not exist; name a PEM file")
    if config.evaluate.rules_dir is not None and not config.evaluate.rules_dir.is_dir():
        faults.append(
            f"evaluate.rules_dir: {config.evaluate.rules_dir} is not a folder; leave it out for the shipped rules"
        )
    return faults


def _collector(reader: Reader) -> CollectorSection:
    section, default = "collector", CollectorSection()
    return CollectorSection(
        data_dir=reader.path(section, "data_dir", default.data_dir),
        zone=reader.text(section, "zone", default.zone),
        keys_dir=reader.path(section, "keys_dir", default.keys_dir),
        log_level=reader.choice(section, "log_level", default.log_level, ("debug", "info", "warning", "error")),
        tick_interval_s=reader.number(section, "tick_interval_s", default.tick_interval_s, range(1, 3601)),
    )


def _store(reader: Reader) -> StoreSection:
    return StoreSection(
        path=reader.optional_path("store", "path"),
        busy_timeout_s=reader.number("store", "busy_timeout_s", StoreSection().busy_timeout_s, range(1, 121)),
    )


def _ingest(reader: Reader) -> IngestSection:
    section, default = "ingest", IngestSection()
    return IngestSection(
        listen=Address(*reader.address(section, "listen", (default.listen.host, default.listen.port))),
        streams_max=reader.number(section, "streams_max", default.streams_max, range(1, 100_001)),
        credits_max=reader.number(section, "credits_max", default.credits_max, range(512, 65_537)),
        credits_total_max=reader.number(
            section, "credits_total_max", default.credits_total_max, range(512, 16_777_217)
        ),
        hello_timeout_s=reader.number(section, "hello_timeout_s", default.hello_timeout_s, range(1, 301)),
        register_poll_s=reader.number(section, "register_poll_s", default.register_poll_s, range(1, 61)),
    )


def _enrolment(reader: Reader) -> EnrolmentSection:
    section, default = "enrolment", EnrolmentSection()
    return EnrolmentSection(
        listen=Address(*reader.address(section, "listen", (default.listen.host, default.listen.port))),
        certificate_days=reader.number(section, "certificate_days", default.certificate_days, range(1, 91)),
        token_hours=reader.number(section, "token_hours", default.token_hours, range(1, 24 * 31 + 1)),
        ask_again_s=reader.number(section, "ask_again_s", default.ask_again_s, range(1, 3601)),
        auto_confirm=reader.flag(section, "auto_confirm", default.auto_confirm),
    )


def _evaluate(reader: Reader) -> EvaluateSection:
    section, default = "evaluate", EvaluateSection()
    return EvaluateSection(
        rules_dir=reader.optional_path(section, "rules_dir"),
        batch_entries_max=reader.number(section, "batch_entries_max", default.batch_entries_max, range(1, 10_001)),
        silence_after_s=reader.number(section, "silence_after_s", default.silence_after_s, range(1, 86_401)),
        late_after_s=reader.number(section, "late_after_s", default.late_after_s, range(1, 86_401)),
    )


def _console(reader: Reader) -> ConsoleSection:
    section, default = "console", ConsoleSection()
    return ConsoleSection(
        listen=Address(*reader.address(section, "listen", (default.listen.host, default.listen.port))),
        tls_certificate=reader.optional_path(section, "tls_certificate"),
        tls_key=reader.optional_path(section, "tls_key"),
        classification=reader.text(section, "classification", default.classification),
        unit=reader.text(section, "unit", default.unit),
    )


def _contradictions(config: Config) -> list[str]:
    faults = []
    listens = {"ingest": config.ingest.listen, "enrolment": config.enrolment.listen, "console": config.console.listen}
    ports = [address.port for address in listens.values() if address.port]
    if len(set(ports)) != len(ports):
        faults.append("ingest.listen, enrolment.listen, console.listen: two share a port; give each its own")
    console = config.console
    if (console.tls_certificate is None) != (console.tls_key is None):
        faults.append("console.tls_certificate, console.tls_key: only one is given; write both or neither")
    elif console.tls_certificate is None and not console.listen.loopback:
        faults.append(
            f"console.listen: {console.listen} can be reached from elsewhere; add tls_certificate and tls_key, or "
            "listen on 127.0.0.1"
        )
    if config.ingest.credits_total_max < config.ingest.credits_max:
        faults.append("ingest.credits_total_max: smaller than ingest.credits_max; write at least that many")
    return faults
