"""Both gRPC servers: the stream's, which wants a client certificate, and enrolment's, which cannot.

They are two server objects: one server on two ports would serve every service on both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import grpc
from grpc.aio import Server

from gapwatch_collector.authority.keys import CollectorKeys
from gapwatch_collector.errors import ConfigError
from gapwatch_proto.wire import MESSAGE_BYTES_MAX

_ENROLMENT_BYTES_MAX: Final = 64 * 1024
_ENROLMENTS_AT_ONCE_MAX: Final = 64
_SPARE_STREAMS: Final = 64
"""Streams beyond the limit that are still heard, so that they are refused with a sentence."""

_OPTIONS: Final = (
    # Two collectors on one port would split the hosts between them and each would call the other's numbers skipped.
    ("grpc.so_reuseport", 0),
    ("grpc.max_send_message_length", MESSAGE_BYTES_MAX),
    ("grpc.max_metadata_size", 16 * 1024),
    # One connection carries one host: a few streams while one replaces another.
    ("grpc.max_concurrent_streams", 8),
    # A host that vanished without hanging up is noticed within a minute.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
    # A connection that opens and never finishes its handshake.
    ("grpc.server_handshake_timeout_ms", 20_000),
)


@dataclass(frozen=True, slots=True)
class Listening:
    """A server and the port it was given."""

    server: Server
    port: int


def build_stream_server(
    keys: CollectorKeys, handler: grpc.GenericRpcHandler, address: str, *, streams_max: int
) -> Listening:
    """The stream's server. Raises ConfigError when the address cannot be bound."""
    options = [*_OPTIONS, ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX)]
    server = grpc.aio.server(options=options, maximum_concurrent_rpcs=streams_max + _SPARE_STREAMS)
    credentials = grpc.ssl_server_credentials(
        [(keys.tls_key_pem, keys.tls_chain_pem)], root_certificates=keys.root_pem, require_client_auth=True
    )
    return _bind(server, handler, address, credentials, "ingest.listen")


def build_enrolment_server(keys: CollectorKeys, handler: grpc.GenericRpcHandler, address: str) -> Listening:
    """Enrolment's server. Raises ConfigError when the address cannot be bound."""
    options = [
        *_OPTIONS,
        ("grpc.max_receive_message_length", _ENROLMENT_BYTES_MAX),
        # Whoever may call may also keep a connection open and say nothing: descriptors are for hosts.
        ("grpc.max_connection_idle_ms", 60_000),
        ("grpc.max_connection_age_ms", 600_000),
    ]
    server = grpc.aio.server(options=options, maximum_concurrent_rpcs=_ENROLMENTS_AT_ONCE_MAX)
    credentials = grpc.ssl_server_credentials([(keys.tls_key_pem, keys.tls_chain_pem)])
    return _bind(server, handler, address, credentials, "enrolment.listen")


def _bind(
    server: Server, handler: grpc.GenericRpcHandler, address: str, credentials: grpc.ServerCredentials, key: str
) -> Listening:
    server.add_generic_rpc_handlers((handler,))
    try:
        port = server.add_secure_port(address, credentials)
    except RuntimeError as error:
        complaint = f"{key}: {address} cannot be listened on; another program has the port, or the address is not ours"
        raise ConfigError("configuration", [complaint]) from error
    return Listening(server, port)
