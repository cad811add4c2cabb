"""A machine of our own to log in to, in a thread: it says what terminal it was given, or gives no shell at all."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import asyncssh


class _Door(asyncssh.SSHServer):
    def __init__(self, banner: str, password: str) -> None:
        self._banner = banner
        self._password = password
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn

    def begin_auth(self, username: str) -> bool:
        if self._banner and self._connection is not None:
            self._connection.send_auth_banner(self._banner)
        return bool(self._password)

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return password == self._password


class Machine:
    """Listens on loopback and lets everybody in, or who knows the password; use it as a context."""

    def __init__(self, *, banner: str = "", shell: bool = True, password: str = "") -> None:
        self._banner = banner
        self._password = password
        self._shell = shell
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.port = 0

    def __enter__(self) -> Machine:
        self._thread.start()
        self._acceptor = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        self.port = self._acceptor.get_port()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._leave(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> asyncssh.SSHAcceptor:
        shell: dict[str, Any] = {"process_factory": _say_what_there_is} if self._shell else {}
        return await asyncssh.create_server(
            lambda: _Door(self._banner, self._password),
            "127.0.0.1",
            0,
            server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
            line_editor=False,
            **shell,
        )

    async def _leave(self) -> None:
        self._acceptor.close()
        await self._acceptor.wait_closed()


async def _say_what_there_is(process: asyncssh.SSHServerProcess[str]) -> None:
    columns, rows, *_ = process.term_size
    process.stdout.write(f"TERM is {process.term_type}, {columns}x{rows}\r\n")
    await process.stdin.read(1)
    process.exit(0)
