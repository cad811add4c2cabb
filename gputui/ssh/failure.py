"""Convert errors of asyncssh and the network to problems with a cause, cleaned text and a remedy."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence

import asyncssh
from asyncssh.packet import PacketDecodeError

from gputui.core.problem import Cause, Failed, Problem
from gputui.ssh.credentials.login import Login

FAILURES = (asyncssh.Error, asyncssh.KeyImportError, OSError, ValueError, OverflowError, TimeoutError, EOFError)
"""All that connecting, opening a shell and running a command have been seen to raise; UnicodeError is a ValueError."""

_LOGIN = "check ssh.user and ssh.identity_file of the profile, and that your public key is on the machine"

_SILENT_END = "Connection lost"
"""asyncssh's message when the other side closed the connection without giving a reason."""

_GIVEN = "check ssh.user of the profile, and whether the password was changed on the machine"


class NoSession(Failed):
    """A connection opens no further session, which another connection to the same machine may do."""


def failed_of(error: BaseException, where: str) -> Failed:
    """Return the failure for an error of FAILURES while a session is opened; `where` is the address as text."""
    kind = NoSession if isinstance(error, asyncssh.ChannelOpenError) else Failed
    return kind(problem_of(error, where))


def problem_of(error: BaseException, where: str) -> Problem:
    """Return the problem for an error of FAILURES; `where` is the address as text. Server text is cleaned."""
    words = words_of(error)
    match error:
        case asyncssh.PermissionDenied():
            return Problem(Cause.CREDENTIALS, f"{where} let us in by no key or password: {words}", _LOGIN)
        case asyncssh.HostKeyNotVerifiable():
            return Problem(Cause.REFUSED, f"the host key of {where} cannot be verified: {words}", "check the host")
        case asyncssh.KeyExchangeFailed() | asyncssh.ProtocolNotSupported():
            text = f"the key exchange with {where} failed: {words}"
            return Problem(Cause.REFUSED, text, 'ssh.command = "ssh" in the profile hands over to OpenSSH')
        case asyncssh.ConnectionLost():
            return Problem(Cause.TIMEOUT if "timeout" in words else Cause.NETWORK, f"{where}: {words}", "try again")
        case asyncssh.ChannelOpenError():
            return Problem(Cause.REFUSED, f"{where} opened no session: {words}", "try again")
        case asyncssh.Error() | PacketDecodeError():
            return Problem(Cause.REPLY, f"{where}: {words}", "try again")
        case _:
            return _other(error, where, words)


def login_refused(where: str, login: Login, left_out: Sequence[str]) -> Problem:
    """Describe a refused login: what was tried, what was left out, and what the server would have accepted."""
    if login.must_change:
        what, remedy = "wants the password changed first", 'ssh.command = "ssh" in the profile hands over to OpenSSH'
    elif login.spent:
        what, remedy = "refused the password that the cloud gave", _GIVEN
    elif login.gave_up:
        what, remedy = (
            "got no answer to its question",
            "open a session on it and answer there, or let it have your public key",
        )
    else:
        what, remedy = "let us in by no key or password", _LOGIN
    takes = f"; it takes {', '.join(login.takes)}" if login.takes else ""
    without = f"; left out: {', '.join(left_out)}" if left_out else ""
    return Problem(Cause.CREDENTIALS, f"{where} {what}{takes}{without}", remedy)


def _other(error: BaseException, where: str, words: str) -> Problem:
    match error:
        case TimeoutError() | asyncio.TimeoutError():
            remedy = "is the machine up, and its address reachable from here (VPN, firewall, ssh.proxy_jump)?"
            return Problem(Cause.TIMEOUT, f"{where} does not answer", remedy)
        case socket.gaierror():
            return Problem(Cause.DNS, f"{where}: {words}", "check the host name, or set ssh.proxy_jump")
        case ConnectionRefusedError():
            return Problem(Cause.NETWORK, f"nothing listens at {where}", "is sshd running there? check the port")
        case OSError():
            return Problem(Cause.NETWORK, f"{where}: {words}", "check the network and the address")
        case _:
            return Problem(Cause.INPUT, f"{where}: {words}", "check the profile's ssh table")


def words_of(error: BaseException) -> str:
    """Return the error's text as short as possible; not cleaned."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, asyncssh.ConnectionLost) and str(error) == _SILENT_END:
        return "it hung up without a word"
    # str() alone is empty for some errors, especially timeouts.
    return str(error) or type(error).__name__
