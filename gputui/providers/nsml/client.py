"""The calls to NSML: projects, runs and the nodes of runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from gputui.core.problem import Cause, Failed
from gputui.core.provider import Settings
from gputui.core.request import Outcome, Request, path
from gputui.core.rows import Item, Listing, Unreadable
from gputui.core.text import Json, as_object
from gputui.net.api import Api
from gputui.providers.nsml.address import base_of, least_interval
from gputui.providers.nsml.pace import Pace
from gputui.providers.nsml.sign import Signer
from gputui.providers.nsml.wire import Node, Project, Run
from gputui.providers.wire import Page, Wire, all_pages, as_list, read_rows

M = TypeVar("M", bound=Wire)
PAGE_SIZE = 100
_CUT_AT = 10
"""A server that does not go up to `PAGE_SIZE` may have cut any page whose length is a multiple of this."""
_OF_ONE_RUN = frozenset({Cause.FORBIDDEN, Cause.REFUSED})
"""What one run's nodes may meet alone and will meet again; anything else fails the reading, which keeps all rows."""


class NsmlClient:
    """The projects of one account."""

    def __init__(self, settings: Settings, *, now: Callable[[], float] = time.time, pace: Pace | None = None) -> None:
        base = base_of(settings.text("base_url"))
        signer = Signer(settings.secret("access_key"), settings.secret("secret_key"), settings.secret("api_key"))
        self._wanted = frozenset(str(name) for name in settings.values.get("projects") or ())
        self._api = Api(
            settings,
            {"": base},
            signer,
            headers={"": {"Content-Type": "application/json"}},
            pace=pace or Pace(least_interval(base)),
            now=now,
        )

    async def projects(self) -> Listing[Project]:
        """The projects of the profile, or all."""
        listing = await self._paged(Project, "/projects", "projects")
        return self._of_wanted(listing, lambda project: (project.project_id, project.project_name))

    async def runs(self) -> Listing[Run]:
        """The runs of these projects, ended ones too."""
        listing = await self._paged(Run, "/projects/runs", "runList")
        return self._of_wanted(listing, lambda run: (run.project_id, run.project_name))

    async def nodes(self) -> Listing[Node]:
        """The nodes of all runs in progress.

        One run after another, not all at once: at one request a second the other views want their turn between. A run
        that cannot be read is shown as such; one that went since it was listed has no nodes to miss.
        """
        runs = await self.runs()
        items: list[Item[Node]] = []
        unreadable = list(runs.unreadable)
        notices = [runs.notice]
        gone = 0
        for run in (item.value for item in runs.items if item.value.in_progress):
            try:
                listing = await self.nodes_of(run)
            except Failed as failed:
                if failed.problem.cause is Cause.MISSING:
                    gone += 1
                elif failed.problem.cause in _OF_ONE_RUN:
                    unreadable.append(Unreadable(run.title, str(failed.problem), None))
                else:
                    raise
            else:
                items.extend(listing.items)
                unreadable.extend(listing.unreadable)
                notices.append(listing.notice)
        if gone:
            notices.append(f"{gone} of the runs were gone before their nodes could be read")
        return Listing(tuple(items), tuple(unreadable), "; ".join(notice for notice in notices if notice))

    async def nodes_of(self, run: Run) -> Listing[Node]:
        """The nodes of one run, in progress or not."""
        return await self._paged(Node, path("projects", run.project_id, "runs", run.run_name, "nodes"), "nodes")

    async def show_project(self, project: Project) -> Json:
        """One project with its note and storage."""
        return await self._get(path("projects", project.project_id))

    async def show_run(self, run: Run) -> Json:
        """One run with its image, command and variables."""
        return await self._get(path("projects", run.project_id, "runs", run.run_name))

    async def change(self, request: Request) -> Outcome:
        """Send a changing request once; NSML has none that is offered here."""
        return await self._api.change(request)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._api.aclose()

    def _of_wanted(self, listing: Listing[M], names: Callable[[M], tuple[str | None, ...]]) -> Listing[M]:
        """Only what belongs to the profile's projects, by id or by name."""
        if not self._wanted:
            return listing
        return replace(listing, items=tuple(item for item in listing.items if self._wanted & set(names(item.value))))

    async def _paged(self, model: type[M], where: str, key: str) -> Listing[M]:
        """Read a list to its end: by `totalCount` where it is told, else to a page that no cap can have cut."""
        seen, total = 0, None

        async def read(page: int) -> Page:
            nonlocal seen, total
            body = await self._get(where, {"page": str(page + 1), "pageSize": str(PAGE_SIZE)})
            entries = as_list({} if body is None else body, key)
            seen += len(entries)
            told = as_object(body).get("totalCount")
            total = told if isinstance(told, int) else None
            return entries, len(entries) % _CUT_AT == 0 if total is None else seen < total

        entries, notice = await all_pages(read)
        if not notice and total is not None and seen < total:
            notice = f"the list has {total} entries but gave {seen}"
        return read_rows(model, entries, notice)

    async def _get(self, where: str, query: Mapping[str, str] | None = None) -> Json:
        """Read, and say of a refused caller which of the keys it is."""
        try:
            return await self._api.get(where, query)
        except Failed as failed:
            if failed.problem.status == 401 and "Permission Denied" in failed.problem.text:
                remedy = "check `api_key`: it must belong to a subscription to CLOVA NSML in API Gateway"
                raise Failed(replace(failed.problem, remedy=remedy)) from failed
            raise
