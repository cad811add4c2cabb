"""The text for feed states in the lines around the table; the states are decided in `core/feed.py`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from textwrap import wrap

from gputui.core.feed import FeedState, Phase, as_of, span
from gputui.core.gaps import Gap
from gputui.engine.fleet import LOST
from gputui.engine.store import Store
from gputui.ui.list.location import FLEET, Location
from gputui.ui.list.page import Page
from gputui.ui.shell.list_options import ListOptions
from gputui.ui.widgets.styles import Part, StyleName

_TOLD = 3
_MOST_ALONE = 8
"""Lines of a problem where there is no list below it."""
_STYLES: Mapping[Phase, StyleName] = {
    Phase.FAILING: "bad",
    Phase.STALE: "degraded",
    Phase.HUNG: "degraded",
    Phase.PARTIAL: "degraded",
}
_WRONG = tuple(_STYLES)


def state_part(store: Store, page: Page, room: int) -> Part:
    """Return the feed state of a page in one or two words, shortened if there is no room."""
    if page.place.tab == FLEET:
        return _fleet_part(store)
    state = page.state
    word = state.word if len(state.word) <= room else state.phase.value
    return f" {word} ", _STYLES.get(state.phase, "dim")


def _fleet_part(store: Store) -> Part:
    phases = [store.state(name).phase for name in store.tabs]
    if any(phase in _WRONG for phase in phases):
        return f" {phases.count(Phase.LIVE)} of {len(phases)} live ", "degraded"
    return (" reading… " if Phase.READING in phases else " live "), "dim"


def banner_lines(
    store: Store, here: Location, page: Page | None, options: ListOptions, width: int
) -> tuple[list[str], bool]:
    """Return the messages about the data of this place, and whether it is bad."""
    if here.tab == FLEET:
        lines, bad = _fleet_lines(store)
        return [*lines, *_nothing_left(page, options)], bad
    problem = store.tabs[here.tab].problem
    if problem is not None:
        kept = "this profile is not connected; the others work"
        return _problem_lines(store.state(here.tab), kept, width, _MOST_ALONE), True
    if page is None:
        return [f"connecting to {here.tab}…"], False
    state = page.state
    lines = [*_missing_lines(state, page, width), *_odd_entries(page)]
    if state.phase is Phase.FAILING:
        return _problem_lines(state, _kept(state), width) + lines, True
    if state.phase is Phase.STALE:
        return [f"stale: no answer for {span(state.age or 0.0)}; what is shown is of then", *lines], True
    if state.phase is Phase.HUNG:
        rows = "" if state.read or state.age is None else f"; the rows are {as_of(state.age)}"
        waiting = f"hung: {state.waiting}, still waiting; if none comes, it fails and is tried again"
        return [f"{waiting}{rows}", *lines], True
    if state.phase is Phase.READING:
        lines.append("reading…" if state.age is None else f"reading… until then the rows are {as_of(state.age)}")
    elif not page.total_count:
        lines.append("nothing here" if state.phase is Phase.LIVE else "nothing in what could be read")
    return [*lines, *_nothing_left(page, options)], False


def _nothing_left(page: Page | None, options: ListOptions) -> list[str]:
    """Return a line about a list of which the filter hides every row."""
    if page is None or page.shown_count or not page.total_count:
        return []
    if not options.filter.text.strip():
        return ["no faults: f shows all rows"]
    faults = " among the faults" if options.faults else ""
    return [f"nothing matches{faults}: ctrl+u clears the filter"]


def _missing_lines(state: FeedState, page: Page, width: int) -> list[str]:
    """Return a line for each gap of the list, with what is kept from before."""
    lines = [line for gap in state.missing[:_TOLD] for line in _wrapped(f"missing: {gap}{_remedy(gap)}", width, 2)]
    if len(state.missing) > _TOLD:
        lines.append(f"missing: {len(state.missing) - _TOLD} more parts")
    ghosts = [ghost.row for ghost in page.snapshot.ghosts.values()]
    lost = sum(row.withheld == LOST for row in ghosts)
    if lost:
        lines.append(f"{lost} of {state.known} rows are not in the newest list: kept, dimmed, until the next reading")
    if len(ghosts) > lost and state.read:
        lines.append(f"{len(ghosts) - lost} rows from before are kept, dimmed")
    return lines


def _remedy(gap: Gap) -> str:
    return f" ({gap.problem.remedy})" if gap.problem is not None and gap.problem.remedy else ""


def _odd_entries(page: Page) -> Iterable[str]:
    shot = page.snapshot
    if shot.unreadable:
        yield f"{shot.unreadable} entries are unreadable: shown as such, d tells why"
    if shot.duplicates:
        yield f"{shot.duplicates} entries repeat an id: the last of each is shown"


def _kept(state: FeedState) -> str:
    """Return what a failing list still shows."""
    if state.age is None:
        return "never read so far"
    return f"{state.known} rows, {span(state.age)} old" if state.known else f"the list was empty {span(state.age)} ago"


def _problem_lines(state: FeedState, kept: str, width: int, most: int = 3) -> list[str]:
    problem = state.problem
    assert problem is not None, "only a list that fails has these lines"
    again = f"{state.next_try}, r tries at once" if state.next_try else ""
    return [*_wrapped(str(problem), width, most), " · ".join(filter(None, (kept, again, problem.remedy)))]


def _wrapped(text: str, width: int, most: int) -> list[str]:
    return wrap(text, max(20, width), max_lines=most, placeholder=" …")


def _fleet_lines(store: Store) -> tuple[list[str], bool]:
    states = {name: store.state(name) for name in store.tabs}
    wrong = {name: state for name, state in states.items() if state.phase in _WRONG}
    alike: dict[str, list[str]] = {}
    for name, state in wrong.items():
        alike.setdefault(state.lack if state.phase is Phase.PARTIAL else state.brief, []).append(name)
    told = [f"{', '.join(names)}: {brief}{_details([wrong[name] for name in names])}" for brief, names in alike.items()]
    lines = [f"problems: {'; '.join(told)}"] if told else []
    return lines + _beginnings(store, states), any(not state.trusted for state in wrong.values())


def _details(alike: list[FeedState]) -> str:
    """Return the details of profiles with the same problem: what is missing, or the maximum age of the rows."""
    first = min(alike, key=lambda state: state.next_at or 0.0)
    if first.phase is Phase.PARTIAL:
        parts = [gap.brief for gap in first.missing[:1] if gap.brief != first.lack]
    else:
        ages = [state.age for state in alike if state.known and state.age is not None]
        rows = f"rows {span(max(ages))} old" if ages else "no rows"
        parts = [rows, first.next_try]
    told = ", ".join(filter(None, parts))
    return f" ({told})" if told else ""


def _beginnings(store: Store, states: dict[str, FeedState]) -> list[str]:
    """Return a line about profiles that are still connecting or have not answered yet, if any."""
    calm = [name for name, state in states.items() if state.phase is Phase.READING]
    connecting = [name for name in calm if name not in store.clouds]
    reading = [name for name in calm if name in store.clouds]
    steps = [
        f"{word}: {', '.join(names)}" for word, names in (("connecting", connecting), ("reading", reading)) if names
    ]
    ages = [states[name].age or 0.0 for name in calm if states[name].known]
    cached = [f"dimmed rows are {as_of(max(ages))}"] if ages else []
    return [" · ".join(cached + steps)] if steps else []
