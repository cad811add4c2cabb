"""Why a handshake failed: how far it came, what the server said before it ended, and what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import asyncssh

from gputui.core.problem import Cause, Problem
from gputui.core.text import clean, shorten
from gputui.ssh.connecting.watcher import Watcher
from gputui.ssh.credentials.login import Login
from gputui.ssh.failure import login_refused, problem_of
from gputui.ssh.negotiation import no_common

_ROOM, _LEAST = 390, 60
"""Characters of a problem's text, and how many of them the server's own words have at the least."""

_ENDED = (asyncssh.ConnectionLost, ConnectionError, EOFError)
_NOT_SSH = "is it really an SSH server? check the address and the port"
_BUSY = "try again; it may have too many logins at once (MaxStartups), or take none from this address"
_LOG = "try again; the machine's own log says more (journalctl -u ssh)"
_TOO_MANY = "it counts every key that is offered: with ssh.identity_file only that key is"
_FULL = re.compile(r"maxstartups|not allowed at this time|too many", re.IGNORECASE)
"""What servers say before they close a connection for having too many; OpenSSH 9 says the first or the second."""
_TOO_MANY_CONNECTIONS = 12  # the code of a disconnect message: RFC 4253 §11.1
_HANGS = "the machine may hang or be overloaded"


def handshake_problem(error: BaseException, where: str, watcher: Watcher) -> Problem:
    """Return the problem for an error of FAILURES raised while a handshake was made; `where` is the address as text."""
    # A server that finds nothing in common may hang up before asyncssh does: the proposals tell, not the error.
    if not watcher.is_proven and (found := watcher.record.mismatches()):
        return no_common(where, found)
    return with_words(_stopped(error, where, watcher), watcher.heard)


def not_reached(error: asyncssh.ChannelOpenError, where: str, jump: str) -> Problem:
    """Describe a jump host that opens no channel to `where`, in its own words."""
    if error.code == asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED:
        text = f"the jump host {jump} forbids the way to {where}: {error.reason}"
        return Problem(Cause.FORBIDDEN, text, "its sshd_config decides (AllowTcpForwarding, PermitOpen)")
    text = f"the jump host {jump} does not reach {where}: {error.reason}"
    return Problem(Cause.NETWORK, text, "is the machine up, and sshd running on it? check the address and the port")


def refused_login(where: str, login: Login, left_out: Sequence[str], watcher: Watcher) -> Problem:
    """Describe a refused login, with the server's own reason and words."""
    return with_words(login_refused(where, login, left_out), (*watcher.heard, watcher.record.reason))


def with_words(problem: Problem, heard: Sequence[str]) -> Problem:
    """Add what the server said to a problem's text: the last words first of all, as the reason comes last."""
    said = [clean(words) for text in heard if (words := " ".join(text.split()))]
    if not said:
        return problem
    room = max(_LEAST, _ROOM - len(problem.text) - len('; it says: ""'))
    shown = shorten(said.pop(), room)
    while said and len(said[-1]) + 1 + len(shown) <= room:
        shown = f"{said.pop()} {shown}"
    return replace(problem, text=f'{shorten(problem.text, _ROOM - _LEAST)}; it says: "{shown}"')


def is_dropped(error: BaseException, watcher: Watcher) -> bool:
    """Whether the server closed the connection before it proved its key, as it does when it has too many of them."""
    if watcher.is_proven or not watcher.record.is_connected or watcher.record.mismatches():
        return False
    if isinstance(error, asyncssh.DisconnectError) and error.code == _TOO_MANY_CONNECTIONS:
        return True
    return _is_end(error) and not watcher.record.reason and _may_be_full(watcher)


def _may_be_full(watcher: Watcher) -> bool:
    greeting = watcher.record.greeting.strip()
    return not greeting or bool(_FULL.search(greeting))


def _is_end(error: BaseException) -> bool:
    return isinstance(error, _ENDED)


def _stopped(error: BaseException, where: str, watcher: Watcher) -> Problem:
    record = watcher.record
    if record.reason:
        remedy = _TOO_MANY if "too many authentication" in record.reason.lower() else _LOG
        return Problem(Cause.REFUSED, f"{where} ended the {_stage(watcher)}: {record.reason}", remedy)
    if record.version and not record.version.startswith(("SSH-2.0-", "SSH-1.99-")):
        return Problem(Cause.REFUSED, f"{where} speaks a version of SSH that is too old: {record.version}", _OLD)
    if isinstance(error, TimeoutError) and record.is_connected:
        return Problem(Cause.TIMEOUT, f"{where} {_silence(watcher)}", _HANGS)
    if _is_end(error) and record.is_connected:
        return _closed(where, watcher)
    if isinstance(error, asyncssh.Error) and record.is_connected:
        return replace(problem_of(error, where), remedy=_LOG if record.version else _NOT_SSH)
    return problem_of(error, where)


def _closed(where: str, watcher: Watcher) -> Problem:
    if not watcher.record.version:
        remedy = _BUSY if _may_be_full(watcher) else _NOT_SSH
        return Problem(Cause.NETWORK, f"{where} takes connections and closes them at once", remedy)
    return Problem(Cause.NETWORK, f"{where} closed the connection during the {_stage(watcher)}", _LOG)


def _silence(watcher: Watcher) -> str:
    if not watcher.record.version:
        return "takes connections, but its SSH server says nothing"
    return f"stopped answering during the {_stage(watcher)}"


def _stage(watcher: Watcher) -> str:
    return "login" if watcher.is_proven else "key exchange"


_OLD = 'the machine needs a newer SSH server; ssh.command = "ssh" in the profile hands over to OpenSSH'
