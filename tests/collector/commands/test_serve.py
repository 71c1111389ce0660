"""`serve` says what is wrong before it listens. That it serves is tests/collector/test_compose.py's business."""

from __future__ import annotations

import socket

from support.collectors import CommandLine


def test_faults_are_named_before_anything_starts(collector: CommandLine) -> None:
    text = collector.config.read_text()
    collector.config.write_text(text.replace("[console]", '[console]\ntls_key = "none"\ntls_certificate = "none"'))
    collector("serve", code=3)
    assert "2 mistake(s)" in collector.complaint


def test_a_port_that_is_taken_is_a_fault_of_the_configuration(collector: CommandLine) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        text = collector.config.read_text()
        head, _, tail = text.rpartition("127.0.0.1:0")
        collector.config.write_text(f"{head}127.0.0.1:{port}{tail}")
        collector("serve", "--role", "console", code=3)
    assert f"console.listen: 127.0.0.1:{port}" in collector.complaint
