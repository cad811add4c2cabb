"""The calls to NSML: projects, runs and the nodes of runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.provider import Settings
from gputui.core.request import Outcome, Request, path
from gputui.core.rows import Item, Listing
from gputui.core.text import Json, as_object
from gputui.net.api import Api
from gputui.providers.listings import OF_ALL, Part, attempt, merge_listings, within
from gputui.providers.nsml.address import base_of
from gputui.providers.nsml.pace import Pace
from gputui.providers.nsml.sign import NsmlSigner
from gputui.providers.nsml.wire import NsmlNode, NsmlProject, Run
from gputui.providers.paged_lists import Key, PagedLists, by
from gputui.providers.secrecy import redact_secrets
from gputui.providers.wire import ReadEntry, RowRule, Wire, as_listing, entries_of

M = TypeVar("M", bound=Wire)
_ON_THE_WAY = frozenset({Cause.NETWORK, Cause.DNS, Cause.TLS, Cause.TIMEOUT})
"""A single failure of this kind may be one run's own; two in a row mean that the cloud cannot be reached."""


class NsmlClient:
    """The projects of one account."""

    def __init__(self, settings: Settings, *, now: Callable[[], float] = time.time, pace: Pace | None = None) -> None:
        base = base_of(settings.text("base_url"))
        signer = NsmlSigner(settings.secret("access_key"), settings.secret("secret_key"), settings.secret("api_key"))
        self._wanted = frozenset(str(name) for name in settings.values.get("projects") or ())
        self._api = Api(
            settings,
            {"": base},
            signer,
            headers={"": {"Content-Type": "application/json"}},
            pace=pace or Pace(float(settings.text("seconds_between_requests") or 1)),
            explain=_explained,
            now=now,
        )
        self._lists = PagedLists()

    async def projects(self) -> Listing[NsmlProject]:
        """The profile's projects, or all."""
        listing = await self._paged(NsmlProject, "/projects", "projects", by("project_id"))
        return self._of_wanted(listing, lambda project: (project.project_id, project.project_name))

    async def runs(self) -> Listing[Run]:
        """The runs of these projects, including ended ones."""
        listing = await self._paged(Run, "/projects/runs", "runList", by("project_id", "run_name"))
        return self._of_wanted(listing, lambda run: (run.project_id, run.project_name))

    async def nodes(self) -> Listing[NsmlNode]:
        """The nodes of all runs that have any.

        The runs are read one after another: at one request a second the other views need their turn in between. A run
        that cannot be read is a gap; one that is no longer listed has no nodes to miss.
        """
        runs = await self.runs()
        parts: list[Part[NsmlNode]] = []
        not_found: list[tuple[Run, Failed]] = []
        cut_off = False
        for run in (item.value for item in runs.items if item.value.has_nodes):
            result = await attempt(self.nodes_of, run)
            if not isinstance(result, Failed):
                cut_off = False
            elif result.problem.cause is Cause.MISSING:
                not_found.append((run, result))
                continue
            elif result.problem.cause in OF_ALL or (cut_off and result.problem.cause in _ON_THE_WAY):
                raise result
            else:
                cut_off = result.problem.cause in _ON_THE_WAY
            parts.append((f"nodes of {run.title}", result))
        parts += await self._still_listed(not_found)
        if runs.unreadable:
            parts.append(("runs", Listing((), runs.unreadable)))
        return merge_listings(parts, within("the list of runs", runs.missing))

    async def _still_listed(self, not_found: Sequence[tuple[Run, Failed]]) -> list[Part[NsmlNode]]:
        """Gaps for those of the runs without nodes that have not just ended."""
        if not not_found:
            return []
        newest = await attempt(self.runs)
        if isinstance(newest, Failed):
            return [(f"nodes of {run.title}", failed) for run, failed in not_found]
        listed = {(item.value.project_id, item.value.run_name) for item in newest.items}
        return [
            (f"nodes of {run.title}", failed) for run, failed in not_found if (run.project_id, run.run_name) in listed
        ]

    async def nodes_of(self, run: Run) -> Listing[NsmlNode]:
        """The nodes of one run, whether it is in progress or not."""
        return await self._nodes_at(run.project_id, run.run_name)

    async def _nodes_at(self, project: str, run: str) -> Listing[NsmlNode]:
        return await self._paged(NsmlNode, path("projects", project, "runs", run, "nodes"), "nodes", by("node_id"))

    async def node_again(self, node: NsmlNode) -> Item[NsmlNode]:
        """One node, in the form the list has: no call reads it alone, only the nodes of its run."""
        if not node.project_id or not node.run_name:
            raise Failed(Problem(Cause.REPLY, "the API does not say which run the node belongs to"))
        listing = await self._nodes_at(node.project_id, node.run_name)
        found = next((item for item in listing.items if item.value.key == node.key), None)
        if found is None:
            cause = Cause.REPLY if listing.missing or listing.unreadable else Cause.MISSING
            raise Failed(Problem(cause, f"its run has no node {node.title}"))
        return found

    async def run_again(self, run: Run) -> Item[Run]:
        """One run, in the form the list has, with its present status: its own call gives no times."""
        body = await self.show_run(run)
        status = as_object(body).get("status")
        if not isinstance(status, str):
            raise Failed(Problem(Cause.REPLY, "it does not say its status"))
        return Item(run.model_copy(update={"status": status}), body)

    async def show_project(self, project: NsmlProject) -> Json:
        """One project with its note and storage."""
        return redact_secrets(await self._api.get(path("projects", project.project_id)))

    async def show_run(self, run: Run) -> Json:
        """One run with its image, command and variables."""
        return redact_secrets(await self._api.get(path("projects", run.project_id, "runs", run.run_name)))

    async def change(self, request: Request) -> Outcome:
        """Send a changing request once; no such request is offered for NSML."""
        return await self._api.change(request)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._api.aclose()

    def _of_wanted(self, listing: Listing[M], names: Callable[[M], tuple[str | None, ...]]) -> Listing[M]:
        """Only items of the profile's projects, by id or by name."""
        if not self._wanted:
            return listing
        return replace(listing, items=tuple(item for item in listing.items if self._wanted & set(names(item.value))))

    async def _paged(self, model: type[M], where: str, key: str, identity: Key[ReadEntry[M]]) -> Listing[M]:
        """Read all pages of a list."""

        async def read(page: int, size: int) -> tuple[Sequence[ReadEntry[M]], Json]:
            asked = {"page": str(page + 1), "pageSize": str(size)}
            reply = await self._api.list(where, asked, keys=(key,), rule=RowRule(model, hide=redact_secrets))
            return entries_of(reply, key), reply.field("totalCount")

        return as_listing(*await self._lists.read(where, read, identity))


def _explained(problem: Problem, body: Json) -> Problem:
    """For a refused request, which of the keys is wrong."""
    if problem.status != 401 or "Permission Denied" not in problem.text:
        return problem
    return replace(problem, remedy="check `api_key`: it must belong to a subscription to CLOVA NSML in API Gateway")
