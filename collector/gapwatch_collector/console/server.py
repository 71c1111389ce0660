"""Serves the console inside the collector's own event loop: no signals taken, and open streams end when it stops."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import uvicorn
from fastapi import FastAPI

_STOP_GRACE_S: Final = 5
_BACKLOG: Final = 256
_KEEP_ALIVE_S: Final = 30


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to serve. With a certificate and its key the console speaks TLS. Port 0 lets the system choose."""

    host: str
    port: int
    certificate_file: str = ""
    key_file: str = ""


class ConsoleServer(uvicorn.Server):
    """uvicorn, less its signal handlers: the collector stops its parts itself."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        app: FastAPI = self.config.app  # type: ignore[assignment]  # handed in by serve below
        app.state.live.close()
        await super().shutdown(sockets)


def console_server(app: FastAPI, listen: Listen) -> ConsoleServer:
    """A server for this app; ``serve()`` runs it until ``should_exit`` is set.

    There is no access log: addresses carry sign-in codes.
    """
    return ConsoleServer(
        uvicorn.Config(
            app,
            host=listen.host,
            port=listen.port,
            ssl_certfile=listen.certificate_file or None,
            ssl_keyfile=listen.key_file or None,
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            lifespan="off",
            ws="none",
            backlog=_BACKLOG,
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=_STOP_GRACE_S,
        )
    )
