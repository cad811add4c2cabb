"""The check before every login: which host keys pass, whom to ask, and what to remember."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.ssh_options import HostKeys
from gputui.core.text import clean
from gputui.ssh.negotiation import Mismatch, listed
from gputui.ssh.prompter import HostKeyQuestion, Prompter
from gputui.ssh.run_in_thread import run_in_thread
from gputui.ssh.trust.accepted import Accepted
from gputui.ssh.trust.changed import HostKeyRefused, KeyChange
from gputui.ssh.trust.hosts import Finding, HostKey, KeyVerdict, KnownHostsLine
from gputui.ssh.trust.known import KnownHosts
from gputui.ssh.trust.pins import pin
from gputui.ssh.trust.reasons import reasons

# In order of preference; no SHA-1, no DSA. RSA keys have two kinds of signature.
_ALGORITHMS = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ecdsa-sha2-nistp256": ("ecdsa-sha2-nistp256",),
    "ecdsa-sha2-nistp384": ("ecdsa-sha2-nistp384",),
    "ecdsa-sha2-nistp521": ("ecdsa-sha2-nistp521",),
    "ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256"),
}
_ROOM = 80
"""Characters for the types of key that a host offers."""
_CERTIFICATE = "-cert-v01@openssh.com"


class HostKeyVerifier:
    """Decides on the keys that one host and port shows while one connection is made.

    `skipped` says which lines about the host cannot be read: they do not count.
    `owner` is the intended instance; a `jump` host has none. `fixed` is the system's known_hosts file, `accepted` holds
    the keys that other connections have accepted unseen.
    """

    def __init__(
        self,
        known: KnownHosts,
        host: str,
        port: int,
        policy: HostKeys,
        *,
        owner: str = "",
        jump: bool = False,
        fixed: Path = Path(),
        accepted: Accepted | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self.proven = False
        self._lines = known.about(host, port, owner)
        self.authorities = self._lines.marked("@cert-authority")
        self.revoked = self._lines.marked("@revoked")
        self.skipped = tuple(line.why_skipped for line in self._lines.skipped)
        self._known = known
        # A line that cannot be read may be what is known about this host: its key is not accepted unseen.
        self._policy = "ask" if self.skipped and policy == "accept-new" else policy
        self._owner = owner
        self._jump = jump
        self._fixed = fixed
        self._accepted = accepted or Accepted()
        self._approved: HostKey | None = None
        self._shown: HostKey | None = None
        self._finding = Finding(KeyVerdict.UNKNOWN)
        self._certificate = ""

    def algorithms(self) -> list[str]:
        """Host key algorithms: of known key types first, certificates only if an authority is known."""
        known = self._lines.kinds()
        kinds = sorted(_ALGORITHMS, key=lambda kind: known.index(kind) if kind in known else len(known))
        plain = [algorithm for kind in kinds for algorithm in _ALGORITHMS[kind]]
        return [name + _CERTIFICATE for name in plain] + plain if self.authorities else plain

    def admits(self, blob: bytes) -> bool:
        """Whether to continue with a host that shows this key: called before we send any credentials."""
        self._shown = key = HostKey(blob)
        self._finding = self._lines.judge(key)
        if self._finding.verdict is KeyVerdict.UNKNOWN:
            if self._approved is None and self._policy == "accept-new":
                self._approved = self._accepted.first(self.host, self.port, key, self._owner)
            return key == self._approved
        return self._finding.verdict is KeyVerdict.TRUSTED

    def asks_for_the_key(self, refused: str) -> bool:
        """Whether to reconnect for the plain key, as OpenSSH does if a certificate is invalid for this reason.

        Such a key is never accepted unseen, and a revoked one is never accepted.
        """
        if self._shown is not None or not self.authorities or "revoked" in refused:
            return False
        self.authorities = []
        self._certificate = clean(refused.partition(" for host ")[0])
        self._policy = "ask" if self._policy == "accept-new" else self._policy
        return True

    @property
    def asks(self) -> bool:
        """Whether the key was refused only because nobody has decided on it yet."""
        return self._shown is not None and self._finding.verdict is KeyVerdict.UNKNOWN and self._approved is None

    @property
    def closed(self) -> bool:
        """Whether the key was refused for good."""
        return self._shown is not None and self._finding.verdict is not KeyVerdict.TRUSTED

    async def decide(self, person: Prompter) -> None:
        """Ask a person about the unknown key; afterwards exactly that key passes. Raises Failed on a no."""
        key = self._shown
        if key is None:
            raise ValueError("no key was shown")
        why = reasons(self._known, key, self._finding.lines, self._owner)
        why = (*why, *self.skipped)
        if self._certificate:
            why = (f"It has a certificate, which does not count: {self._certificate}.", *why)
        if self._policy == "strict":
            detail = "; ".join((key.words, *why))
            raise HostKeyRefused(self._problem("is unknown", detail, _STRICT))
        question = HostKeyQuestion(self.host, self.port, key.kind, key.fingerprint, why, self._jump)
        if not await person.confirm_host_key(question):
            raise HostKeyRefused(self._problem("was not accepted", key.words, "connect again to decide"))
        self._approved = key

    def refusal(self) -> HostKeyRefused:
        """Return why a key is refused: both fingerprints, where the known one is stored, and what to do."""
        shown = self._shown or HostKey(b"")
        now = f"it shows {shown.words}"
        lines = self._finding.lines
        if self._finding.verdict is KeyVerdict.REVOKED:
            return HostKeyRefused(self._problem("is REVOKED", f"{now}, revoked at {lines[0].place}", _REVOKED))
        if self._finding.verdict is KeyVerdict.UNKNOWN and self._approved is not None:
            problem = self._problem(
                "has CHANGED since it was accepted", f"{now}, accepted was {self._approved.words}", _CHANGED
            )
            return HostKeyRefused(problem)
        change = KeyChange(self.host, self.port, shown, lines, self._jump, self._fixed)
        return HostKeyRefused(self._problem("has CHANGED", f"{now}, known is {_listed(lines)}", _way(change)), change)

    def other_kind(self, found: Iterable[Mismatch]) -> HostKeyRefused | None:
        """Return the refusal if the host offers no key of a known type: a key of another type counts as changed.

        `found` are the kinds of algorithm without a common one; a known type that is only signed in a way that we do
        not take (RSA with SHA-1) is no change.
        """
        offered = next((each.theirs for each in found if each.kind == "host key"), ())
        known = self._lines.known
        kinds = {name.removesuffix(_CERTIFICATE) for name in offered}
        if self._shown is not None or not offered or not known or {line.kind for line in known} & kinds:
            return None
        detail = f"it offers only {listed(offered, _ROOM)}, known is {_listed(known)}"
        return HostKeyRefused(self._problem("has CHANGED", detail, _CHANGED))

    async def remember(self, pins: Path) -> str:
        """Pin a key that passed as new, after the host proved that it holds it; return a notice if that failed.

        Raises HostKeyRefused if another key was remembered meanwhile: two new keys of one host are not a first contact.
        """
        key = self._shown
        if key is None or not self.proven or self._finding.verdict is not KeyVerdict.UNKNOWN:
            return ""
        try:
            await run_in_thread(lambda: pin(pins, self.host, self.port, key, self._owner))
        except Failed as failed:
            raise HostKeyRefused(failed.problem) from None
        except OSError as error:
            return f"the host key of {self.host} could not be remembered: {error.strerror or error}"
        return ""

    def _problem(self, what: str, detail: str, remedy: str) -> Problem:
        return Problem(Cause.REFUSED, f"the host key of {self.host} port {self.port} {what}: {detail}", remedy)


def _listed(lines: Iterable[KnownHostsLine]) -> str:
    return "; ".join(f"{line.key().words} ({line.place})" for line in lines)


def _way(change: KeyChange) -> str:
    """Return how to check by hand: what besides our console may know the key, and how to remove it from each file."""
    kept = [f"edit {line.place} ({why})" for line in change.known if (why := change.why_kept(line))]
    places = " ".join(line.place for line in change.known if not change.why_kept(line))
    removed = [f"remove {places}: {' && '.join(change.commands)}"] if places else []
    return f"{_CHANGED}; if it was made anew, then {', '.join([*removed, *kept])}"


_STRICT = 'add it to known_hosts, or set host_keys = "ask" in the profile\'s ssh table'
_REVOKED = "do not connect: ask whoever revoked it"
_CHANGED = "somebody may be listening in: compare with the machine's own console"
