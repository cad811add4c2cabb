"""What hosted·ai has published no shape for: metrics and logs in any that is likely, and its ways of saying no."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from gputui.core.actions import Action, LogEntry
from gputui.core.metrics import Measurements, Series
from gputui.core.problem import Cause, Problem
from gputui.core.request import Outcome, Reply, Request, SendStatus
from gputui.core.text import Json
from gputui.providers.hostedai.node_actions import NODE_ACTIONS
from gputui.providers.hostedai.queries import NODE_QUERIES, POOL_QUERIES
from gputui.providers.hostedai.refusals import judged
from gputui.providers.hostedai.wire import GpuPool, HostedNode

AT = 1_770_000_000.0
POOL = GpuPool.model_validate({"id": 1, "pool_name": "p", "status": "ACTIVE"})


class Panel:
    """Answers reads with what it was given, page by page."""

    def __init__(self, *replies: Json) -> None:
        self._replies = list(replies)
        self.asked: list[Request] = []

    async def read(self, request: Request) -> Reply:
        self.asked.append(request)
        return Reply(200, self._replies[min(len(self.asked), len(self._replies)) - 1])


def node(**fields: Any) -> HostedNode:
    return HostedNode.model_validate({"Id": 7, "name": "n", **fields})


async def metrics(reply: Json) -> Any:
    return await POOL_QUERIES[0].read(Panel(reply), POOL, {})


@pytest.mark.parametrize(
    "reply",
    [
        [{"timestamp": "2026-02-02T02:40:00Z", "load": 5, "pool": "x", "on": True}],
        {"items": [{"time": AT, "load": 5.0}]},
        {"metrics": [{"date": "2026-02-02 02:40:00", "load": 5}]},
        {"data": [{"timestamp": AT * 1000, "load": 5}, {"load": 6}, "odd", None]},
    ],
)
async def test_figures_over_time_are_found_in_every_likely_shape(reply: Json) -> None:
    assert await metrics(reply) == Measurements((Series("load", "", ((AT, 5.0),)),))


@pytest.mark.parametrize("reply", [{"gpu_utilization": 55}, [], None, "fine", {"data": "none"}, {"data": [1, 2]}])
async def test_anything_else_is_shown_as_it_is(reply: Json) -> None:
    assert await metrics(reply) == reply


async def logs(panel: Panel) -> Any:
    (look,) = [look for look in NODE_QUERIES if look.name == "logs"]
    return await look.read(panel, node(), {})


def texts(entries: Sequence[LogEntry]) -> list[str]:
    return [entry.text for entry in entries]


async def test_a_log_whose_first_page_is_1_is_read_whole() -> None:
    def page(number: int) -> Json:
        items: list[Json] = [{"message": f"{number}.{at}"} for at in range(2)]
        return {"items": items, "page": number, "total_pages": 2}

    panel = Panel(page(1), page(2))
    assert texts(await logs(panel)) == ["1.0", "1.1", "2.0", "2.1"]
    assert [request.query["page"] for request in panel.asked] == ["0", "2"]


async def test_a_log_of_bare_lines_and_odd_rows_is_shown() -> None:
    reply: Json = ["started", {"msg": "ok", "severity": "info", "time": "2026-02-02T02:40:00Z"}, {"code": 3}, None]
    assert await logs(Panel(reply, [])) == (
        LogEntry(None, "", "started"),
        LogEntry(AT, "info", "ok"),
        LogEntry(None, "", '{"code": 3}'),
        LogEntry(None, "", "null"),
    )


async def test_a_server_that_always_gives_the_same_page_ends_the_reading() -> None:
    panel = Panel([{"message": "only"}])
    assert texts(await logs(panel)) == ["only"]
    assert len(panel.asked) == 2


# -- saying no --


def outcome(status: int, body: Json) -> Outcome:
    send_status = SendStatus.ACCEPTED if status < 300 else SendStatus.REFUSED if status < 500 else SendStatus.UNKNOWN
    problem = None if status < 300 else Problem(Cause.SERVER, f"HTTP {status}: words", status=status)
    return Outcome(send_status, status, problem=problem, body=body)


@pytest.mark.parametrize(
    ("status", "body", "send_status"),
    [
        (200, {"success": True, "message": "begun"}, SendStatus.ACCEPTED),
        (200, None, SendStatus.ACCEPTED),
        (200, {"id": 12370004, "code": "abc"}, SendStatus.ACCEPTED),
        (200, {"code": 200, "message": "ok"}, SendStatus.ACCEPTED),
        (200, {"success": False}, SendStatus.REFUSED),
        (200, {"code": 12370004, "message": "no"}, SendStatus.REFUSED),
        (400, {"code": 12370004, "message": "no"}, SendStatus.REFUSED),
        (500, {"code": 12370004, "message": "no"}, SendStatus.REFUSED),
        (500, {"code": 12370004}, SendStatus.UNKNOWN),
        (500, {"code": 500, "message": "no"}, SendStatus.UNKNOWN),
        (500, {"error": "no"}, SendStatus.UNKNOWN),
        (502, {"code": 12370004, "message": "no"}, SendStatus.UNKNOWN),
    ],
)
def test_only_a_panel_that_says_no_has_refused(status: int, body: Json, send_status: SendStatus) -> None:
    told = judged(Request("POST", "/gpuaas/node/join"), outcome(status, body))
    assert told.send_status is send_status
    assert (told.problem is None) is (send_status is SendStatus.ACCEPTED)


# -- reasons where the panel tells only half --


def named(verb: str) -> Action[HostedNode]:
    return next(action for action in NODE_ACTIONS if action.name == verb)


def reason(verb: str, one: HostedNode) -> str | None:
    return named(verb).blocked_reason(one)


@pytest.mark.parametrize(
    ("codes", "able", "doubtful"),
    [
        ((0, 0), {"init", "delete", "reboot"}, set()),
        ((1, 0), set(), {"init", "deinit", "reboot", "delete"}),
        ((2, 0), {"join", "enable", "deinit", "reboot"}, set()),
        ((2, 1), set(), {"join", "enable", "leave", "disable", "deinit", "reboot"}),
        ((2, 2), {"leave", "disable", "deinit", "reboot"}, {"enable"}),
        ((-1, 0), {"init", "deinit", "reboot"}, {"delete"}),
        ((2, -1), {"join", "enable", "leave", "disable", "deinit", "reboot"}, {"delete"}),
        ((-2, 0), set(), {"init", "join", "enable", "leave", "disable", "deinit", "reboot", "delete"}),
    ],
)
def test_the_two_codes_alone_say_what_can_be_done(codes: tuple[int, int], able: set[str], doubtful: set[str]) -> None:
    one = node(initialize_state_status_code=codes[0], k8s_join_state_status_code=codes[1], region_id=1)
    verbs = {"init", "join", "enable", "leave", "disable", "deinit", "reboot", "delete"}
    offered = {verb for verb in verbs if reason(verb, one) is None}
    warned = {verb for verb in offered if named(verb).warning(one)}
    assert (offered - warned, warned) == (able, doubtful)


def test_tenants_keep_a_node_from_being_reset_and_are_told_of_where_it_leaves() -> None:
    one = node(status="healthy", gpus=[{"assignment_status": "ASSIGNED"}, {"assignment_status": "UNASSIGNED"}])
    told = "1 of its GPUs are in pools: free them first"
    assert reason("deinit", one) == told
    assert [reason(verb, one) for verb in ("leave", "disable")] == [None, None]
    assert [named(verb).warning(one) for verb in ("leave", "disable")] == [told, told]


def test_an_error_of_unknown_origin_may_be_retried_either_way() -> None:
    one = node(status="error", region_id=1)
    assert reason("init", one) is None
    assert reason("join", one) is None


def test_a_node_without_a_region_cannot_be_sent_to_join() -> None:
    assert reason("join", node(status="initialized")) == "the panel does not say its region"
    assert reason("join", node(status="initialized", region={"region_id": 3})) is None
