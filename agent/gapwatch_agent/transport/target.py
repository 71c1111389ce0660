"""From the collector's address to a connection, and to nothing else (C10).

No name is ever asked of a name server and no proxy is used: an address is a literal, or a name that the host's own
hosts file knows. The server must hold a certificate of the pinned root with our one DNS name, whatever address it has.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import grpc
import grpc.aio

from gapwatch_agent.errors import AgentError, RefusedError, UnavailableError
from gapwatch_proto.wire import COLLECTOR_TLS_NAME, MESSAGE_BYTES_MAX

_ADDRESS = re.compile(r"\[(?P<v6>[0-9A-Fa-f:.]+)\]:(?P<port6>\d{1,5})|(?P<host>[^:\[\]/\s]+):(?P<port>\d{1,5})")

OPTIONS: Final[Sequence[tuple[str, int | str]]] = (
    ("grpc.ssl_target_name_override", COLLECTOR_TLS_NAME),
    ("grpc.enable_http_proxy", 0),
    ("grpc.service_config_disable_resolution", 1),
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_retries", 0),
    ("grpc.max_send_message_length", MESSAGE_BYTES_MAX),
    ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
    # A dead peer behind a silent firewall is noticed within a minute and a half.
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.http2.max_pings_without_data", 0),
)


def grpc_target(address: str, hosts_file: Path = Path("/etc/hosts")) -> str:
    """``10.0.0.5:7443``, ``[fd00::5]:7443`` or ``name:7443`` as a target that needs no name server.

    Raises RefusedError when it is none of these or the hosts file does not know the name.
    """
    found = _ADDRESS.fullmatch(address.strip())
    port = int(found["port6"] or found["port"]) if found else 0
    if found is None or not 0 < port < 65536:
        raise RefusedError(f"{address!r} is not an address and port such as 10.0.0.5:7443 or [fd00::5]:7443")
    host = found["v6"] or found["host"]
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        ip = _known_host(host, hosts_file)
    return f"ipv4:{ip}:{port}" if ip.version == 4 else f"ipv6:[{ip}]:{port}"


def _known_host(name: str, hosts_file: Path) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        lines = hosts_file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    for line in lines:
        literal, *names = line.partition("#")[0].split() or [""]
        if name.lower() in (known.lower() for known in names):
            try:
                return ipaddress.ip_address(literal)
            except ValueError:
                continue
    raise RefusedError(
        f"{name!r} is not in {hosts_file}: name servers are never asked, so give the collector's IP address"
        " or add the name there"
    )


def open_channel(
    address: str, root_pem: bytes, key_pem: bytes | None = None, chain_pem: bytes | None = None
) -> grpc.aio.Channel:
    """A channel to the collector; with key and chain it shows who the host is. Must be closed by the caller."""
    credentials = grpc.ssl_channel_credentials(root_pem, key_pem, chain_pem)
    return grpc.aio.secure_channel(grpc_target(address), credentials, options=OPTIONS)


_FINAL: Final = frozenset(
    {
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.FAILED_PRECONDITION,
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.ALREADY_EXISTS,
        grpc.StatusCode.UNIMPLEMENTED,
    }
)
"""Statuses that mean no; every other one means not now."""


_DISTRUST: Final = ("CERTIFICATE_VERIFY_FAILED", "Hostname Verification Check failed", "certificate signature failure")
"""How TLS says that the server's certificate is not of our root; the last when only the issuer's name is equal."""


def explain(code: grpc.StatusCode, detail: str, address: str) -> AgentError:
    """What a failed call means for a person: RefusedError with the collector's own sentence, or UnavailableError."""
    if any(sign in detail for sign in _DISTRUST):
        return RefusedError(
            f"whoever answers at {address} has no certificate of the pinned root: wrong address, wrong root file,"
            " or somebody in between"
        )
    if code in _FINAL:
        return RefusedError(f"the collector at {address} refused: {detail or code.name}")
    return UnavailableError(f"the collector at {address} cannot be reached now: {detail or code.name}")
