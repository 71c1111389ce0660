"""The console on a real socket: it listens, streams, and stops although a stream is open."""

from __future__ import annotations

import asyncio
import signal

import httpx

from gapwatch_collector.clock import SystemClock
from gapwatch_collector.console.app import create_app
from gapwatch_collector.console.codes import new_session_id, session_hash
from gapwatch_collector.console.server import Listen, console_server
from gapwatch_collector.model import Role
from support.console import ConsoleWorld
from support.console_alerts import make_alert


def test_it_streams_and_stops_while_a_page_is_listening() -> None:
    world = ConsoleWorld(clock=SystemClock())
    session = new_session_id()
    account = world.account(Role.SECRECY_ADMINISTRATOR)
    world.accounts.open_session(account.account_id, session_hash(session), 2**62)
    handler = signal.getsignal(signal.SIGTERM)

    async def main() -> None:
        server = console_server(create_app(world.deps()), Listen("127.0.0.1", 0))
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        cookies = {"gapwatch-session": session}
        async with (
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", cookies=cookies) as client,
            client.stream("GET", "/alerts/live?after=0&revision=0") as response,
        ):
            assert response.headers["content-type"].startswith("text/event-stream")
            assert "server" not in response.headers
            lines = response.aiter_lines()
            world.alerts.add(make_alert(1))
            async with asyncio.timeout(10):
                while "id: 1" not in await anext(lines):
                    pass
                assert signal.getsignal(signal.SIGTERM) is handler
                server.should_exit = True
                async for _ in lines:
                    pass
        async with asyncio.timeout(10):
            await serving

    asyncio.run(main())
