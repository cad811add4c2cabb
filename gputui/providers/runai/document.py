"""The body of a new inference as a file: its errors, by line."""

from __future__ import annotations

import json
from collections.abc import Sequence

from gputui.core.actions import Complaint
from gputui.providers.runai.creation import wrong
from gputui.providers.runai.places import places, spelled


def complaints(text: str) -> Sequence[Complaint]:
    """All errors, sorted by line; none if it may be sent."""
    try:
        body = json.loads(text)
        found = places(text)
    except json.JSONDecodeError as error:
        return [Complaint(error.lineno, "", f"this is not JSON: {error.msg}")]
    except (RecursionError, ValueError) as error:
        return [Complaint(1, "", f"this cannot be read: {error}")]
    told = [Complaint(found.line(path), spelled(path), words) for path, words in wrong(body)]
    told += [Complaint(line, spelled(path), "stands here a second time") for path, line in found.repeated]
    return sorted(told, key=lambda complaint: complaint.line)
