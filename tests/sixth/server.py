"""The sixth cloud itself: a real HTTP server on loopback with a few machines, slow to change until told to go on."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "sixth-canary-51c3"
PASSWORD = "console-canary-9d20"
MADE = "2026-01-02T03:04:05+00:00"
GOES_TO = {"STARTING": "UP", "STOPPING": "DOWN"}


def _machine(number: int, rack: str, state: str) -> dict[str, Any]:
    one = {"id": f"m-{number}", "name": f"vega-{number}", "rack": rack, "state": state}
    return {**one, "gpus": 8, "model": "B200", "made": MADE, "console_password": PASSWORD}


@dataclass
class SixthCloud:
    """The account and every changing request that came: method, path, body."""

    url: str = ""
    racks: list[dict[str, str]] = field(default_factory=list)
    machines: dict[str, dict[str, Any]] = field(default_factory=dict)
    changes: list[tuple[str, str, object]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def go_on(self) -> None:
        """Let everything that was begun come to its end."""
        with self.lock:
            for machine in list(self.machines.values()):
                machine["state"] = GOES_TO.get(machine["state"], machine["state"])
                if machine["state"] == "DELETING":
                    del self.machines[machine["id"]]

    def answer(self, method: str, path: str, body: object) -> tuple[int, object]:
        """What the API says to one request."""
        with self.lock:
            if method != "GET":
                self.changes.append((method, path, body))
            if (method, path) == ("GET", "/v1/racks"):
                return 200, self.racks
            if (method, path) == ("GET", "/v1/machines"):
                return 200, list(self.machines.values())
            _, _, _, id, verb = (*path.split("/"), "", "")[:5]
            machine = self.machines.get(id)
            if machine is None:
                return 404, {"message": "no such thing"}
            if method == "GET":
                return 200, {**machine, "serial": "SN-0042"}
            machine["state"] = {"start": "STARTING", "stop": "STOPPING", "": "DELETING"}[verb]
            return 202, None


@contextmanager
def sixth_cloud() -> Iterator[SixthCloud]:
    """Serve the account until the end of the block."""
    cloud = SixthCloud(racks=[{"id": "rack-a", "hall": "north"}, {"id": "rack-b", "hall": "south"}])
    places = [("rack-a", "UP"), ("rack-a", "DOWN"), ("rack-b", "BROKEN"), ("rack-b", "UP"), ("rack-b", "UP")]
    cloud.machines = {f"m-{at}": _machine(at, *place) for at, place in enumerate(places, 1)}
    server = ThreadingHTTPServer(("127.0.0.1", 0), _listener(cloud))
    cloud.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield cloud
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _listener(cloud: SixthCloud) -> type[BaseHTTPRequestHandler]:
    class Listener(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"  # a connection ends with its answer, so that none outlives the block

        def do_GET(self) -> None:
            self.reply()

        def do_POST(self) -> None:
            self.reply()

        def do_DELETE(self) -> None:
            self.reply()

        def reply(self) -> None:
            sent = self.rfile.read(int(self.headers.get("content-length") or 0))
            if self.headers.get("x-sixth-token") == TOKEN:
                status, body = cloud.answer(self.command, self.path, json.loads(sent) if sent else None)
            else:
                status, body = 401, {"message": "who are you?"}
            data = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is said: the test looks at the account."""

    return Listener
