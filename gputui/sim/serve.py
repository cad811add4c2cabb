"""The simulator: all clouds and machines on loopback ports, in its own thread."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from gputui.sim.churn import USUAL, Rates
from gputui.sim.clock import Clock, SystemClock
from gputui.sim.ssh_listeners import LOOPBACK, SshListeners
from gputui.sim.world import PROFILES, VPC, World

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import ASGIApp

    from gputui.sim.faults import Faults
    from gputui.sim.log import RequestLog
    from gputui.sim.web import HttpServer


class Simulator:
    """Serves a world until stopped; `only` names the wanted clouds, `around` wraps the application of each.

    `urls`, `logs` and `faults` are by cloud (`scp`, `nsml`, `hostedai`, `runai`, `datenfab`), and `vpc` for SCP's VPC
    service. They and `world` exist from the beginning; the servers respond after `start()`.
    """

    def __init__(
        self,
        *,
        seed: int = 7,
        clock: Clock | None = None,
        calm: bool = False,
        only: Sequence[str] | None = None,
        around: Callable[[ASGIApp], ASGIApp] | None = None,
        within: Path | None = None,
        machines: int = 0,
        rates: Rates = USUAL,
    ) -> None:
        from gputui.sim.faults import Faults
        from gputui.sim.log import RequestLog

        self.clock: Clock = clock or SystemClock()
        self._folder = tempfile.TemporaryDirectory(prefix="gputui-sim-", dir=within)
        self.door = SshListeners(Path(self._folder.name), clock=self.clock, seed=seed)
        self.world: World = World(seed, self.clock, self.door, calm=calm, only=only, machines=machines, rates=rates)
        self._apps = {name: around(app) if around else app for name, app in self.world.apps.items()}
        self._sockets = {name: _listening() for name in self._apps}
        self.urls: dict[str, str] = {
            name: f"http://{LOOPBACK}:{bound.getsockname()[1]}" for name, bound in self._sockets.items()
        }
        self.logs: dict[str, RequestLog] = {name: RequestLog() for name in self._apps}
        self.faults: dict[str, Faults] = {name: Faults() for name in self._apps}
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: HttpServer | None = None
        self._ready = threading.Event()
        self._failure: BaseException | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start serving; returns when every port responds. Raises RuntimeError on failure."""
        self._thread = threading.Thread(target=self._run, name="gputui-sim", daemon=True)
        self._thread.start()
        if not self._ready.wait(10) or self._failure is not None:
            raise RuntimeError("the simulator did not start") from self._failure

    def stop(self) -> None:
        """Close all connections and ports, and remove the files; may be called twice."""
        if self._loop is not None and self._server is not None and self._thread is not None:
            with contextlib.suppress(RuntimeError):  # the loop has already ended by itself
                self._loop.call_soon_threadsafe(self._server.leave)
            self._thread.join(5)
        else:
            self.door.detach()
            for bound in self._sockets.values():
                bound.close()
        self._folder.cleanup()

    def config(self) -> dict[str, object]:
        """Return a complete config.toml for every cloud served."""
        from gputui.sim.scp.state import Scp

        profiles: dict[str, object] = {}
        for name, cloud in self.world.clouds.items():
            if isinstance(cloud, Scp):
                cloud.vpc_url = self.urls[VPC]
            profiles[PROFILES[name]] = self._with_ssh(cloud.profile(self.urls[name]))
        return {"refresh_seconds": 2, "profiles": profiles}

    def _with_ssh(self, profile: dict[str, object]) -> dict[str, object]:
        """Override a cloud's own SSH settings; all are on loopback, and only Datenfab has passwords."""
        given = profile.get("ssh")
        table: dict[str, object] = {"allow_local": True, "host_keys": "accept-new"}
        if profile["provider"] != "datenfab":
            table["identity_file"] = str(self.door.client_key_path)
        return {**profile, "ssh": {**table, **(given if isinstance(given, dict) else {})}}

    # -- the servers' thread ------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as failure:  # noqa: BLE001 (whatever it is, the caller of start() waits for it)
            self._failure = failure
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        from gputui.sim.web import HttpServer

        self._loop = asyncio.get_running_loop()
        self._server = HttpServer(self._settings(), self._started)
        try:
            await self._server.serve(sockets=list(self._sockets.values()))
        finally:
            self.door.detach()

    def _started(self) -> None:
        self.door.attach(asyncio.get_running_loop())
        self._ready.set()

    def _settings(self) -> uvicorn.Config:
        import uvicorn

        from gputui.sim.faults import Faulty
        from gputui.sim.log import Recorder
        from gputui.sim.web import Dated, Ports, Wire

        apps = {
            bound.getsockname()[1]: Recorder(
                Faulty(Dated(self._apps[name], self.clock), self.faults[name]), self.logs[name], self.clock
            )
            for name, bound in self._sockets.items()
        }
        return uvicorn.Config(
            Ports(apps),
            http=Wire,
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            log_level="warning",
            date_header=False,
            server_header=False,
            timeout_keep_alive=60,
            backlog=256,
        )


def _listening() -> socket.socket:
    """Return a socket that is bound at once, so that addresses are known before the servers respond."""
    # The protocol must be given: asyncio sets TCP_NODELAY only then; without it every response waits 40 ms.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.bind((LOOPBACK, 0))
    return bound
