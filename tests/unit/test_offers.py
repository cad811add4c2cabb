"""What is offered for the rows at hand, in words."""

from __future__ import annotations

from gputui.providers.runai.views import PROVIDER
from gputui.ui.offers import offers


def test_what_an_api_lacks_is_named_as_people_write_it() -> None:
    view = PROVIDER.view("inferences")
    assert view is not None
    lacking = [offer.label for offer in offers(PROVIDER, view, (), {}) if offer.verb is None]
    assert {"SSH", "Logs", "Stop"} <= set(lacking)
