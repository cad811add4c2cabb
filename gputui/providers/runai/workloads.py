"""Reads Run:ai's lists: their pages, and which of the workloads are inferences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar

from gputui.core.gaps import Gap
from gputui.core.problem import Failed
from gputui.core.raw import Hide, unhidden
from gputui.core.rows import Listing
from gputui.net.api import Api
from gputui.providers.paged_lists import PagedLists, by
from gputui.providers.pages import CUT_AT, More, Page, all_pages, whole
from gputui.providers.runai.wire import Workload
from gputui.providers.secrecy import redact_secrets
from gputui.providers.wire import ReadEntry, RowRule, Wire, as_listing, entries_of

M = TypeVar("M", bound=Wire)
WORKLOADS = "/api/v1/workloads"
PAGE = 500
ONLY_INFERENCES = {"filterBy": "type==Inference"}
LOOK_AGAIN_SECONDS = 60.0


class OffsetLists:
    """The lists of one control plane, each read to its end.

    A reply gives the offset of its next page, except the last one. Some lists never give one: those end with a page
    that no limit can have cut, neither ours nor the server's own. None reports its length, so pages are read one at a
    time; entries that move between pages meanwhile are handled as in other paged lists.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self._lists = PagedLists()

    async def read(
        self, model: type[M], at: str, key: str, query: Mapping[str, str] | None = None, hide: Hide = unhidden
    ) -> Listing[M]:
        """All entries of a list, and what is missing if it was cut. Raises Failed."""
        name = " ".join((at, *(query or {}).values()))
        through = partial(_through, self._api, RowRule(model, hide), at, key, query or {})
        return as_listing(*await self._lists.read_through(name, through, by("id")))


async def _through(
    api: Api, rule: RowRule[M], at: str, key: str, query: Mapping[str, str]
) -> tuple[list[ReadEntry[M]], tuple[Gap, ...], int]:
    """One reading of all pages: the entries, what is missing, and how many pages there were."""
    offset, named, pages = 0, False, 0

    async def page(number: int) -> Page[ReadEntry[M]]:
        nonlocal offset, named, pages
        pages = number + 1
        asked = {**query, "offset": str(offset), "limit": str(PAGE)}
        reply = await api.list(at, asked, keys=(key,), rule=rule)
        entries = entries_of(reply, key)
        following = whole(reply.field("next"))
        offset = offset + len(entries) if following is None else following
        if following is not None:
            named = True
            return entries, More.YES
        return entries, More.PERHAPS if not named and len(entries) % CUT_AT == 0 else More.NO

    entries, missing = await all_pages(page)
    return entries, missing, pages


class Inferences:
    """The list of inferences.

    How the server spells their type is not documented. So if its filter finds none or is refused, all workloads are
    searched from time to time; if that finds some, the filter does not work and is not used from then on.
    """

    def __init__(self, lists: OffsetLists, now: Callable[[], float]) -> None:
        self._lists = lists
        self._now = now
        self._filter_works = True
        self._look_again_at = 0.0

    async def read(self) -> Listing[Workload]:
        """All workloads that are inferences. Raises Failed."""
        found = await self._filtered() if self._filter_works else Listing(())
        if found.items or found.unreadable or (self._filter_works and self._now() < self._look_again_at):
            return found
        self._look_again_at = self._now() + LOOK_AGAIN_SECONDS
        try:
            everything = await self._listed({})
        except Failed:
            self._filter_works, self._look_again_at = True, 0.0
            raise
        inferences = _only(everything)
        self._filter_works = not inferences.items
        return inferences

    async def read_in(self, phase: str) -> Listing[Workload]:
        """The inferences in one phase. Raises Failed."""
        filters = [ONLY_INFERENCES["filterBy"]] if self._filter_works else []
        return _only(await self._listed({"filterBy": ",".join((*filters, f"phase=={phase}"))}))

    async def _filtered(self) -> Listing[Workload]:
        try:
            return _only(await self._listed(ONLY_INFERENCES))
        except Failed as failed:
            if failed.problem.status != 400:
                raise
            return Listing(())

    async def _listed(self, query: Mapping[str, str]) -> Listing[Workload]:
        return await self._lists.read(Workload, WORKLOADS, "workloads", query, redact_secrets)


def _only(listing: Listing[Workload]) -> Listing[Workload]:
    return Listing(tuple(item for item in listing.items if item.value.inference), listing.unreadable, listing.missing)
