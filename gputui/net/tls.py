"""TLS contexts: always verifying, made once per set of certificates because each costs 15 ms."""

from __future__ import annotations

import functools
import ssl

from gputui.core.problem import Cause, Failed, Problem


@functools.cache
def context(ca_file: str | None = None, client_cert: str | None = None) -> ssl.SSLContext:
    """A verifying context over the system's trust store or `ca_file`, with an optional client certificate.

    Raises Failed (Cause.CONFIG) when a file cannot be used.
    """
    try:
        made = ssl.create_default_context(cafile=ca_file)
        if client_cert:
            # Without a password OpenSSL would ask for one on the terminal, under the console's hands.
            made.load_cert_chain(client_cert, password="")
    except (OSError, ssl.SSLError) as error:
        culprit = ca_file if not client_cert else f"{client_cert} or {ca_file or 'the system store'}"
        raise Failed(Problem(Cause.CONFIG, f"cannot use the certificates of {culprit}: {error}")) from error
    return made
