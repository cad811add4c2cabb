"""The gate before every login: which host keys pass it, whom to ask, and what to remember."""

from __future__ import annotations

from pathlib import Path

from gputui.core.problem import Cause, Failed, Problem
from gputui.ssh.aside import aside
from gputui.ssh.hosts import Finding, HostKey, HostKeyQuestion, KnownHosts, Verdict
from gputui.ssh.options import HostKeys
from gputui.ssh.person import Person
from gputui.ssh.pins import pin

# In the order in which we ask for them; no SHA-1, no DSA. Signatures of RSA keys come in two kinds.
_ALGORITHMS = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ecdsa-sha2-nistp256": ("ecdsa-sha2-nistp256",),
    "ecdsa-sha2-nistp384": ("ecdsa-sha2-nistp384",),
    "ecdsa-sha2-nistp521": ("ecdsa-sha2-nistp521",),
    "ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256"),
}
_CERTIFICATE = "-cert-v01@openssh.com"


class Gate:
    """Decides on the keys one host shows at one port while one connection to it is made."""

    def __init__(self, known: KnownHosts, host: str, port: int, policy: HostKeys) -> None:
        self.host = host
        self.port = port
        self.proven = False
        self.authorities = known.marked("@cert-authority", host, port)
        self.revoked = known.marked("@revoked", host, port)
        self._known = known
        self._policy = policy
        self._approved: HostKey | None = None
        self._shown: HostKey | None = None
        self._finding = Finding(Verdict.UNKNOWN)

    def algorithms(self) -> list[str]:
        """Host key algorithms: of known kinds first, certificates only where an authority is known."""
        known = self._known.kinds(self.host, self.port)
        kinds = sorted(_ALGORITHMS, key=lambda kind: kind not in known)
        plain = [algorithm for kind in kinds for algorithm in _ALGORITHMS[kind]]
        return [name + _CERTIFICATE for name in plain] + plain if self.authorities else plain

    def admits(self, blob: bytes) -> bool:
        """Whether to go on with a host that shows this key: called before anything of ours is sent."""
        self._shown = key = HostKey(blob)
        self._finding = self._known.judge(self.host, self.port, key)
        if self._finding.verdict is Verdict.UNKNOWN:
            return key == self._approved or (self._approved is None and self._policy == "accept-new")
        return self._finding.verdict is Verdict.TRUSTED

    @property
    def asks(self) -> bool:
        """Whether the key was turned away only because nobody decided on it yet."""
        return self._shown is not None and self._finding.verdict is Verdict.UNKNOWN and self._approved is None

    @property
    def closed(self) -> bool:
        """Whether the key was turned away for good."""
        return self._shown is not None and self._finding.verdict is not Verdict.TRUSTED

    async def decide(self, person: Person) -> None:
        """Have a person decide on the unknown key; from then on that very key passes. Raises Failed on a no."""
        key = self._shown
        if key is None:
            raise ValueError("no key was shown")
        if self._policy == "strict":
            raise Failed(self._problem("is unknown", f"{key.kind} {key.fingerprint}", _STRICT))
        if not await person.trusts(HostKeyQuestion(self.host, self.port, key.kind, key.fingerprint)):
            raise Failed(self._problem("was not accepted", f"{key.kind} {key.fingerprint}", "connect again to decide"))
        self._approved = key

    def refusal(self) -> Problem:
        """Why a shown key is refused: both fingerprints, where ours stands, and what to do."""
        shown = self._shown or HostKey(b"")
        now = f"it shows {shown.kind} {shown.fingerprint}"
        if self._finding.verdict is Verdict.REVOKED:
            return self._problem("is REVOKED", f"{now}, revoked at {self._finding.lines[0].place}", _REVOKED)
        if self._finding.verdict is Verdict.UNKNOWN and self._approved is not None:
            accepted = f"{self._approved.kind} {self._approved.fingerprint}"
            return self._problem("has CHANGED since you accepted it", f"{now}, accepted was {accepted}", _CHANGED)
        known = "; ".join(f"{line.key().kind} {line.key().fingerprint} ({line.place})" for line in self._finding.lines)
        first = self._finding.lines[0] if self._finding.lines else None
        remedy = f"{_CHANGED}, then remove {first.place}" if first else _CHANGED
        return self._problem("has CHANGED", f"{now}, known is {known}", remedy)

    async def remember(self, pins: Path) -> str:
        """Pin a key that passed as new, once the host proved that it holds it; returns a notice where that failed."""
        key = self._shown
        if key is None or not self.proven or self._finding.verdict is not Verdict.UNKNOWN:
            return ""
        try:
            await aside(lambda: pin(pins, self.host, self.port, key))
        except (Failed, OSError) as error:
            return f"the host key of {self.host} could not be remembered: {error}"
        return ""

    def _problem(self, what: str, detail: str, remedy: str) -> Problem:
        return Problem(Cause.REFUSED, f"the host key of {self.host} port {self.port} {what}: {detail}", remedy)


_STRICT = 'add it to known_hosts, or set host_keys = "ask" in the profile\'s ssh table'
_REVOKED = "do not connect: ask whoever revoked it"
_CHANGED = "somebody may be listening in: compare with the machine's own console; if it was made anew"
