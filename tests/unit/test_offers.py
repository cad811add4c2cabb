"""What is offered for the rows at hand, in words."""

from __future__ import annotations

from dataclasses import replace

from gputui.providers.runai.views import PROVIDER
from gputui.ui.offers import offers


def test_what_an_api_lacks_is_named_as_people_write_it() -> None:
    view = PROVIDER.view("inferences")
    assert view is not None
    lacking = [offer.label for offer in offers(PROVIDER, view, (), {}) if offer.verb is None]
    assert {"SSH", "Logs", "Stop"} <= set(lacking)


def test_where_ssh_leads_to_the_gpus_the_panels_metrics_have_no_key() -> None:
    pods = PROVIDER.view("pods")
    assert pods is not None and pods.ssh is None
    assert [offer.key for offer in offers(PROVIDER, pods, (), {}) if offer.label == "Metrics"] == ["m"]
    entered = replace(pods, ssh=lambda pod: "not now")
    assert [offer.key for offer in offers(PROVIDER, entered, (), {}) if offer.label == "Metrics"] == [""]
    wanted = {"runai.pods.metrics": "ctrl+g"}
    assert [offer.key for offer in offers(PROVIDER, entered, (), wanted) if offer.label == "Metrics"] == ["ctrl+g"]
