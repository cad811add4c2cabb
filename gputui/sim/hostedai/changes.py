"""The calls of a hosted·ai panel that change something, five of them by GET, and the login."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from gputui.sim.hostedai import nodes, pools, steps, wire
from gputui.sim.hostedai.forms import form_of, gpu_uuids, join_order, node_order, number, pool_order
from gputui.sim.hostedai.models import Accelerator, Node, Pool
from gputui.sim.hostedai.state import HostedAI

CREATED = 201


class Changes:
    """One method per call. Most respond when the change has started; its progress must be read."""

    def __init__(self, cloud: HostedAI) -> None:
        self._cloud = cloud

    async def log_in(self, request: Request) -> Response:
        """`POST /login`: a token in the body and the same as a cookie."""
        form = await form_of(request)
        username, password = form.text("username"), form.text("password")
        form.check()
        token = self._cloud.log_in(username, password)
        body = {
            "id": 1,
            "username": username,
            "email": f"{username}@example.com",
            "role": "admin",
            "is_super_admin": True,
            "token": token,
            "page_access": ["gpuaas", "regions"],
        }
        reply = JSONResponse(body)
        reply.set_cookie("token", token, max_age=int(self._cloud.session_seconds), httponly=True)
        return reply

    async def create_pool(self, request: Request) -> Response:
        """`POST /gpuaas/pool/create`, and `POST /gpuaas/pool/add`, whose body is not documented."""
        pool = pools.create(self._cloud, pool_order(await form_of(request)))
        return JSONResponse(self._cloud.pool_body(pool), CREATED)

    async def delete_pool(self, request: Request) -> Response:
        """`DELETE /gpuaas/pool/{id}/delete`: an empty response."""
        pools.delete(self._cloud, self._pool(request))
        return Response()

    async def add_gpus(self, request: Request) -> Response:
        """`POST /gpuaas/pool/{id}/add_gpus`."""
        pools.assign(self._cloud, self._pool(request), gpu_uuids(await form_of(request)))
        return self._done("GPUs are being assigned")

    async def remove_gpus(self, request: Request) -> Response:
        """`POST /gpuaas/pool/{id}/remove_gpus`."""
        pools.free(self._cloud, self._pool(request), gpu_uuids(await form_of(request)))
        return self._done("GPUs are being removed")

    async def add_node(self, request: Request) -> Response:
        """`POST /gpuaas/node/add`."""
        node = nodes.add(self._cloud, node_order(await form_of(request)))
        return JSONResponse(self._cloud.node_body(node), CREATED)

    async def edit_node(self, request: Request) -> Response:
        """`PUT /gpuaas/node/{id}/edit` with the fields to change."""
        node = self._node(request)
        form = await form_of(request)
        nodes.edit(self._cloud, node, node_order(form.over(wire.node_record(node))))
        return JSONResponse(self._cloud.node_body(node))

    async def delete_node(self, request: Request) -> Response:
        """`DELETE /gpuaas/node/{id}/delete`: an empty response whether or not the node is deleted."""
        nodes.delete(self._cloud, self._node(request))
        return Response()

    async def initialise(self, request: Request) -> Response:
        """`GET /gpuaas/node/init?gpuaas_node_id=`."""
        nodes.initialise(self._cloud, self._asked(request, "gpuaas_node_id"))
        return self._done("node initialization started")

    async def deinitialise(self, request: Request) -> Response:
        """`GET /gpuaas/node/deinit?gpuaas_node_id=`."""
        nodes.deinitialise(self._cloud, self._asked(request, "gpuaas_node_id"))
        return self._done("node de-initialization started")

    async def reboot(self, request: Request) -> Response:
        """`POST /gpuaas/node/reboot?node_id=`."""
        nodes.reboot(self._cloud, self._asked(request, "node_id"))
        return self._done("node is rebooting")

    async def join(self, request: Request) -> Response:
        """`POST /gpuaas/node/join`."""
        node_id, region_id = join_order(await form_of(request))
        nodes.join(self._cloud, self._cloud.node(node_id), region_id)
        return self._done("node is joining")

    async def leave(self, request: Request) -> Response:
        """`POST /gpuaas/node/leave?node_id=`."""
        nodes.leave(self._cloud, self._asked(request, "node_id"))
        return self._done("node is leaving")

    async def enable(self, request: Request) -> Response:
        """`POST /gpuaas/enable?controller_node_id=`; a new service has no id to return yet."""
        known = nodes.enable(self._cloud, self._asked(request, "controller_node_id"))
        return self._done("GPUaaS is being enabled", {"gpuaas_id": known.id} if known else {})

    async def disable(self, request: Request) -> Response:
        """`POST /gpuaas/node/{id}/disable`."""
        nodes.disable(self._cloud, self._node(request))
        return self._done("GPUaaS is being disabled on the node")

    async def try_connection(self, request: Request) -> Response:
        """`GET /gpuaas/node/test_conn?gpuaas_node_id=`: 200 even if the panel cannot log in to the node."""
        problem = nodes.try_connection(self._cloud, self._asked(request, "gpuaas_node_id"))
        return JSONResponse({"success": problem is None, "message": problem or "ssh connection established"})

    async def scan_gpus(self, request: Request) -> Response:
        """`GET /gpuaas/node/scan_gpus?gpuaas_node_id=`."""
        if self._cloud.direct_scans:
            node = self._asked(request, "gpuaas_node_id")
            return JSONResponse(wire.direct_scan_body(steps.discover(self._cloud, node)))
        return self._scan(request, "gpu")

    async def scan_npus(self, request: Request) -> Response:
        """`GET /gpuaas/node/scan_npus?gpuaas_node_id=`."""
        return self._scan(request, "npu")

    def _scan(self, request: Request, kind: Accelerator) -> Response:
        scan = nodes.scan(self._cloud, self._asked(request, "gpuaas_node_id"), kind)
        return JSONResponse(wire.scan_body(scan))

    def _pool(self, request: Request) -> Pool:
        return self._cloud.pool(request.path_params["id"])

    def _node(self, request: Request) -> Node:
        return self._cloud.node(request.path_params["id"])

    def _asked(self, request: Request, parameter: str) -> Node:
        return self._cloud.node(number(request, parameter))

    def _done(self, message: str, more: dict[str, object] | None = None) -> Response:
        match self._cloud.acknowledgement:
            case "empty":
                return Response()
            case "text":
                return PlainTextResponse(message)
            case "object":
                return JSONResponse({"success": True, "message": message} | (more or {}))
