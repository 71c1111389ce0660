"""Where the agent connects to, and what a failure means."""

from __future__ import annotations

from pathlib import Path

import grpc
import pytest

from gapwatch_agent.errors import RefusedError, UnavailableError
from gapwatch_agent.transport.target import OPTIONS, explain, grpc_target
from gapwatch_proto.wire import COLLECTOR_TLS_NAME, MESSAGE_BYTES_MAX


@pytest.fixture
def hosts(tmp_path: Path) -> Path:
    path = tmp_path / "hosts"
    path.write_text("# ours\n10.1.2.3  collector Collector2 # the room below\nfd00::9 six\nnonsense broken\n")
    return path


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("10.0.0.5:7443", "ipv4:10.0.0.5:7443"),
        ("[fd00::5]:7443", "ipv6:[fd00::5]:7443"),
        ("collector:7443", "ipv4:10.1.2.3:7443"),
        ("COLLECTOR2:1", "ipv4:10.1.2.3:1"),
        ("six:65535", "ipv6:[fd00::9]:65535"),
    ],
)
def test_an_address_becomes_a_target_without_a_name_server(hosts: Path, address: str, target: str) -> None:
    assert grpc_target(address, hosts) == target


@pytest.mark.parametrize(
    "address",
    ["", "10.0.0.5", "10.0.0.5:0", "10.0.0.5:70000", "fd00::5:7443", "a b:1", "dns:///x:1", "x:1", "broken:1"],
)
def test_anything_that_would_need_a_name_server_or_is_no_address_is_refused(hosts: Path, address: str) -> None:
    with pytest.raises(RefusedError):
        grpc_target(address, hosts)


def test_a_missing_hosts_file_only_means_no_names(tmp_path: Path) -> None:
    assert grpc_target("10.0.0.5:1", tmp_path / "none") == "ipv4:10.0.0.5:1"
    with pytest.raises(RefusedError, match="name servers are never asked"):
        grpc_target("collector:1", tmp_path / "none")


def test_neither_proxies_nor_service_records_are_asked() -> None:
    options = dict(OPTIONS)
    assert options["grpc.enable_http_proxy"] == 0
    assert options["grpc.service_config_disable_resolution"] == 1
    assert options["grpc.ssl_target_name_override"] == COLLECTOR_TLS_NAME
    assert options["grpc.max_receive_message_length"] == MESSAGE_BYTES_MAX


def test_a_no_is_told_from_a_not_now() -> None:
    refused = explain(grpc.StatusCode.PERMISSION_DENIED, "this host is revoked", "10.0.0.5:1")
    assert isinstance(refused, RefusedError)
    assert "revoked" in str(refused)
    assert isinstance(explain(grpc.StatusCode.UNAVAILABLE, "", "10.0.0.5:1"), UnavailableError)
    foreign = explain(grpc.StatusCode.UNAVAILABLE, "error: CERTIFICATE_VERIFY_FAILED: self signed", "10.0.0.5:1")
    assert isinstance(foreign, RefusedError)
    assert "pinned root" in str(foreign)
