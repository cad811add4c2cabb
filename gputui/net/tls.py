"""TLS contexts: always verifying, made once for each set of certificates because each takes 15 ms."""

from __future__ import annotations

import errno
import functools
import logging
import os
import ssl
import sys
from collections.abc import Mapping
from pathlib import Path

from gputui.core.problem import Cause, Failed, Problem

_log = logging.getLogger(__name__)
_NOT_REGULAR = "it is not a regular file"


def context(
    ca_file: str | None = None, client_cert: str | None = None, environ: Mapping[str, str] = os.environ
) -> ssl.SSLContext:
    """A verifying context over the system's trust store or `ca_file`, with an optional client certificate.

    SSL_CERT_FILE and SSL_CERT_DIR replace the system's store; an SSLKEYLOGFILE that cannot be written is only logged.
    Raises Failed (Cause.CONFIG), naming which of them cannot be used.
    """
    names = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")
    return _made(ca_file, client_cert, *(environ.get(name) or None for name in names))


@functools.cache
def _made(
    ca_file: str | None, client_cert: str | None, cert_file: str | None, cert_dir: str | None, key_log: str | None
) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if sys.version_info >= (3, 13):  # as ssl.create_default_context has it from then on
        made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
    if ca_file:
        _trust(made, ca_file, "`ca_file` of the profile")
    else:
        if cert_file:
            _trust(made, cert_file, "SSL_CERT_FILE")
        if cert_dir and not any(os.access(part, os.R_OK | os.X_OK) for part in cert_dir.split(os.pathsep)):
            raise _unusable("SSL_CERT_DIR", cert_dir, "it is no folder that can be read")
        made.load_default_certs()
    if client_cert:
        _identify(made, client_cert)
    if key_log:
        _log_keys(made, key_log)
    return made


def _log_keys(made: ssl.SSLContext, file: str) -> None:
    try:
        if _odd(file):
            raise OSError(errno.EINVAL, _NOT_REGULAR, file)
        made.keylog_filename = file
    except OSError as error:
        _log.warning("SSLKEYLOGFILE cannot be written, TLS keys are not logged: %s", error)


def _odd(file: str) -> bool:
    """Whether it exists and is not a regular file: opening a FIFO would wait for its other end for ever."""
    path = Path(file)
    return path.exists() and not path.is_file()


def _trust(made: ssl.SSLContext, file: str, named_by: str) -> None:
    if _odd(file):
        raise _unusable(named_by, file, _NOT_REGULAR)
    try:
        made.load_verify_locations(cafile=file)
    except OSError as error:
        raise _unusable(named_by, file, _why(error, "it holds no certificates in PEM")) from error


def _identify(made: ssl.SSLContext, file: str) -> None:
    named_by = "`client_cert` of the profile"
    if _odd(file):
        raise _unusable(named_by, file, _NOT_REGULAR)
    try:
        # Without a password OpenSSL would ask for one on the terminal that the console uses.
        made.load_cert_chain(file, password="")
    except OSError as error:
        locked = "ENCRYPTED" in _text(file)
        what = "its key is locked by a passphrase" if locked else "it must hold a certificate and its key, both in PEM"
        raise _unusable(named_by, file, _why(error, what)) from error


def _text(file: str) -> str:
    try:
        return Path(file).read_text("ascii", "replace")
    except OSError:
        return ""


def _why(error: OSError, where_it_is_read: str) -> str:
    return where_it_is_read if isinstance(error, ssl.SSLError) else str(error.strerror or error)


def _unusable(named_by: str, file: str, why: str) -> Failed:
    return Failed(
        Problem(Cause.CONFIG, f"{named_by} cannot be used: {file}: {why}", f"mend {named_by}, or take it out")
    )
