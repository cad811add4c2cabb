"""A small HTTP server over plain sockets that a test controls byte for byte, and certificates for it."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ipaddress
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

GONE = (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, TimeoutError)


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it stood on the wire; header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    head: bytes
    body: bytes = b""


class Wire:
    """One accepted connection. Every method acts on its bytes and nothing is sent but what a test says."""

    def __init__(self, server: RawServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server = server
        self.reader = reader
        self.writer = writer

    async def head(self) -> Seen:
        """Read one request's head; it counts as seen from now on."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        line, *rest = head.decode("latin-1").split("\r\n")
        method, target, _ = line.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (entry.partition(":") for entry in rest if entry)}
        seen = Seen(method, target, headers, head)
        self._server.seen.append(seen)
        return seen

    async def request(self) -> Seen:
        """Read one request with its body."""
        seen = await self.head()
        body = await self.reader.readexactly(int(seen.headers.get("content-length", "0")))
        whole = Seen(seen.method, seen.target, seen.headers, seen.head, body)
        self._server.seen[-1] = whole
        return whole

    async def send(self, *parts: bytes) -> None:
        """Send bytes."""
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()

    def reset(self) -> None:
        """End the connection with RST: what lies unread at either side is lost."""
        connection = self.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def until_gone(self) -> None:
        """Wait for the other side to close, reading nothing else of interest."""
        while await self.reader.read(65536):
            pass


Script = Callable[[Wire], Awaitable[None]]


class RawServer:
    """Runs `script` for every connection. `seen` are the requests, `connections` all accepted, `open` those now.

    What goes wrong in a script, but for connections that end, is raised at the end of the `async with`.
    """

    def __init__(self, script: Script, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self._script = script
        self._tls = tls
        self._host = host
        self._server: asyncio.Server | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._failures: list[BaseException] = []
        self.seen: list[Seen] = []
        self.connections = 0
        self.open = 0
        self.port = 0

    @property
    def base(self) -> str:
        """Its address."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}"

    async def start(self, listening: socket.socket | None = None) -> None:
        """Begin to accept, on a port of its own or on a socket that is already bound."""
        if listening is not None:
            self._server = await asyncio.start_server(self._accepted, sock=listening, ssl=self._tls)
        else:
            self._server = await asyncio.start_server(self._accepted, self._host, 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        self.connections += 1
        self.open += 1
        try:
            await self._script(Wire(self, reader, writer))
        except (*GONE, asyncio.CancelledError):  # cancelled where the test has ended first
            pass
        except Exception as failure:  # noqa: BLE001 - raised again where the test ends
            self._failures.append(failure)
        finally:
            self.open -= 1
            self._running.discard(task)
            writer.close()

    async def __aenter__(self) -> RawServer:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        for task in tuple(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        if error is None and self._failures:
            raise self._failures[0]


def reply(status: int = 200, body: bytes = b"{}", headers: Iterable[str] = (), reason: str = "Said") -> bytes:
    """A whole reply with its length."""
    lines = (f"HTTP/1.1 {status} {reason}", f"Content-Length: {len(body)}", *headers)
    return "\r\n".join((*lines, "", "")).encode("latin-1") + body


def answering(*replies: bytes) -> Script:
    """Answer one request after the other, on whichever connection it comes; the last reply goes on for ever."""
    left = list(replies)

    async def script(wire: Wire) -> None:
        while True:
            await wire.request()
            await wire.send(left.pop(0) if len(left) > 1 else left[0])

    return script


def tunnelling(target: RawServer) -> Script:
    """A proxy that leads every CONNECT to `target`."""

    async def script(wire: Wire) -> None:
        seen = await wire.head()
        assert seen.method == "CONNECT"
        reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
        await wire.send(b"HTTP/1.1 200 Connected\r\n\r\n")
        await asyncio.gather(_pump(wire.reader, writer), _pump(reader, wire.writer))

    return script


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(65536):
        writer.write(piece)
        await writer.drain()
    writer.close()


@contextlib.contextmanager
def refusing_port() -> Iterator[socket.socket]:
    """A socket whose port refuses connections for as long as nobody listens on it, and which nobody else can get."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield held


@dataclass(frozen=True)
class Authority:
    """A certificate authority of a test's own."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def make(cls, folder: Path) -> Authority:
        """A new one, whose certificate lies in `folder`."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate("test authority", key, "test authority", key, authority=True)
        made = cls(folder, key, certificate)
        made.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return made

    @property
    def file(self) -> Path:
        """Its certificate."""
        return self.folder / "authority.pem"

    def issue(
        self, name: str, hosts: Iterable[str] = ("127.0.0.1",), starts: int = -1, ends: int = 1, passphrase: str = ""
    ) -> Path:
        """A file of key and certificate for `hosts`, good from `starts` to `ends` days from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate(
            name, key, "test authority", self.key, hosts=hosts, starts=starts, ends=ends, authority=False
        )
        return write_pair(self.folder / f"{name}.pem", key, certificate, passphrase)


def self_signed(folder: Path) -> Path:
    """A file of key and certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    return write_pair(folder / "self.pem", key, _certificate("self", key, "self", key, hosts=("127.0.0.1",)))


def write_pair(
    file: Path, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate, passphrase: str = ""
) -> Path:
    """Write key and certificate into one file."""
    locked: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        locked = serialization.BestAvailableEncryption(passphrase.encode())
    pem = serialization.Encoding.PEM
    file.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, locked) + certificate.public_bytes(pem))
    return file


def serving(pair: Path, clients: Path | None = None, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
    """A server's context; with `clients` it wants a certificate of that authority from whoever connects."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.maximum_version = newest
    made.load_cert_chain(pair)
    if clients is not None:
        made.verify_mode = ssl.CERT_REQUIRED
        made.load_verify_locations(clients)
    return made


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    signer: ec.EllipticCurvePrivateKey,
    *,
    hosts: Iterable[str] = (),
    starts: int = -1,
    ends: int = 1,
    authority: bool = False,
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=starts))
        .not_valid_after(now + datetime.timedelta(days=ends))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    names = [_general_name(host) for host in hosts]
    if names:
        built = built.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return built.sign(signer, hashes.SHA256())


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
