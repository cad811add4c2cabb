"""Recognises hosted·ai's refusals: its own error number under HTTP 500, or a failure in a 200 reply."""

from __future__ import annotations

from dataclasses import replace

from gputui.core.problem import Cause, Problem
from gputui.core.request import Outcome, Request, SendStatus
from gputui.core.text import Json, as_object
from gputui.net.bodies import message

ANSWERS_WITH_NO = "/gpuaas/node/test_conn"
"""Here `success: false` is the result that was asked for."""
_LEAST_NUMBER = 1_000_000
_SERVER_ERROR = 500


def judged(request: Request, outcome: Outcome) -> Outcome:
    """`outcome`, as a refusal if the panel says that it did nothing.

    The panel numbers its refusals, as in 12370004, and sends them under HTTP 500: an unexpected error has no such
    number, and its outcome stays unknown.
    """
    if outcome.status == _SERVER_ERROR and _numbered(outcome.body) and outcome.problem is not None:
        return replace(outcome, send_status=SendStatus.REFUSED, problem=replace(outcome.problem, cause=Cause.REFUSED))
    if outcome.send_status is SendStatus.ACCEPTED and request.path != ANSWERS_WITH_NO and _denied(outcome.body):
        words = message(outcome.body) or "the panel says that it did not do it"
        return replace(
            outcome, send_status=SendStatus.REFUSED, problem=Problem(Cause.REFUSED, words, status=outcome.status)
        )
    return outcome


def _denied(body: Json) -> bool:
    """Whether a reply under HTTP 200 is a refusal."""
    return as_object(body).get("success") is False or _numbered(body)


def _numbered(body: Json) -> bool:
    """Whether it is the panel's own error: its number is not an HTTP status, and it has a message."""
    code = as_object(body).get("code")
    return isinstance(code, int) and code >= _LEAST_NUMBER and bool(message(body))
