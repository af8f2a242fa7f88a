"""The dashboards of Grafana: what is in the repository is what the code builds, and each panel reads what exists."""

from __future__ import annotations

import json
import re

import yaml
from deploy.grafana.__main__ import FOLDER, dashboards
from deploy.grafana.plots import queries

from tests.prometheus.test_alerts import OWN_NAME, RECORDED, ROOT, exposed_names, recorded_names

BUILT = dashboards()


def test_the_repository_has_what_the_code_builds() -> None:
    """A dashboard is changed in the code, then `make dashboards` writes it."""
    assert {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")} == BUILT


def test_each_says_how_it_is_made_and_its_panels_have_ids_of_their_own() -> None:
    """Grafana finds a panel again by its id."""
    for text in BUILT.values():
        board = json.loads(text)
        assert board["description"].endswith("Made by `make dashboards`.")
        identifiers = [panel["id"] for panel in board["panels"]]
        assert len(identifiers) == len(set(identifiers))
        assert all(identifiers)


def test_panels_read_metrics_that_exist() -> None:
    """A renamed metric or recording would leave a panel empty."""
    for text in BUILT.values():
        for title, _, query in queries(text):
            assert set(OWN_NAME.findall(query)) <= exposed_names(), title
            assert set(RECORDED.findall(query)) <= recorded_names(), title


def test_gauges_that_every_replica_has_whole_are_never_summed() -> None:
    """Two detectors count the same open drifts, and every service measures the same streams."""
    whole = r"tfdrift_(open_drifts|stream_\w+|gateway_drifts|gateway_events_total|detector_drifts_without_call)"
    rules = (ROOT / "deploy" / "prometheus" / "rules" / "recording.yml").read_text(encoding="utf-8")
    for query in [rule["expr"] for rule in yaml.safe_load(rules)["groups"][0]["rules"]] + [
        query for text in BUILT.values() for _, _, query in queries(text)
    ]:
        if re.search(whole, query):
            assert re.search(r"(max|min)( by \([a-z, ]+\))? ?\([^()]*(rate\()?" + whole, query), query


def test_the_panels_ask_the_provisioned_source() -> None:
    """The one that provisioning names by its uid."""
    path = FOLDER.parent / "provisioning" / "datasources" / "prometheus.yml"
    uids = {source["uid"] for source in yaml.safe_load(path.read_text(encoding="utf-8"))["datasources"]}
    for text in BUILT.values():
        asked = {panel["datasource"]["uid"] for panel in json.loads(text)["panels"] if "datasource" in panel}
        assert asked == uids
