"""An alert that lacks fields is taken, and says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

from ingest_falco.alert.normalise import Normalised, normalise
from ingest_falco.alert.parse import parse_alert
from ingest_falco.clouds.aws.event_services import service_of
from ingest_falco.conditions import Condition
from ingest_falco.errors import MalformedAlert
from tests.ingest_falco.samples import body, cloud_alert, cloud_fields, host_alert
from tests.ingest_falco.service import running


def read(alert: dict[str, Any]) -> Normalised:
    return normalise(parse_alert(body(alert)))


@pytest.mark.parametrize(
    ("alert", "missing"),
    [
        (cloud_alert(), ()),
        (cloud_alert({}), ("output_fields",)),
        (cloud_alert(cloud_fields(id=None)), ("ct.id",)),
        (cloud_alert(cloud_fields(src=None, shortsrc=None)), ("ct.src",)),
        (cloud_alert(cloud_fields(src=None)), ()),
        (cloud_alert(cloud_fields(request=None)), ("ct.request",)),
        (cloud_alert(cloud_fields(request=None, readonly="true")), ()),
        (cloud_alert({"ct.name": "RunInstances"}), ("ct.id", "ct.src", "ct.request")),
        (host_alert(source="gcp_auditlog", output_fields={"gcp.methodName": "x"}), ("json.obj",)),
        (host_alert(source="k8s_audit", output_fields={"ka.verb": "get"}), ("ka.auditid", "ka.target.resource")),
        (host_alert(source="k8s_audit", output_fields={"jevt.obj": "{}"}), ()),
        (host_alert(source="azure_platformlogs", output_fields={"x": "y"}), ("azure.operationName",)),
        (host_alert(output_fields={}), ()),
        (host_alert(source="okta", output_fields={}), ()),
    ],
)
def test_the_missing_fields_are_named(alert: dict[str, Any], missing: tuple[str, ...]) -> None:
    """Of the sources that are about a cloud alone."""
    assert read(alert).missing_fields == missing


def test_a_call_without_an_id_is_known_by_its_content() -> None:
    """The same again is the same event, and another call is another."""
    first, again = (read(cloud_alert(cloud_fields(id=None))) for _ in range(2))
    other = read(cloud_alert(cloud_fields(id=None, request='{"instanceId":"i-other"}')))
    assert first.event.event_id
    assert first.message_id == again.message_id != other.message_id
    assert first.call is not None


def test_a_call_without_a_service_has_that_of_its_name() -> None:
    """An event name that one service alone has."""
    result = read(cloud_alert(cloud_fields(src=None, shortsrc=None)))
    assert result.event.service == "ec2"
    assert result.call is not None
    assert result.call.event_source == "ec2.amazonaws.com"


@pytest.mark.parametrize(
    ("name", "service"),
    [("ModifyInstanceAttribute", "ec2"), ("CreateUser", None), ("DeletePolicy", None), ("NoSuchEvent", None)],
)
def test_a_name_of_several_services_names_none(name: str, service: str | None) -> None:
    """IAM, Cognito and others have a CreateUser."""
    assert service_of(name) == service


@pytest.mark.parametrize("sent", [b"10:00:05.000000000: Notice AWS change RunInstances by ann", b"hello"])
def test_alerts_in_plain_text_say_what_to_set(sent: bytes) -> None:
    """Falco's default is no JSON."""
    with pytest.raises(MalformedAlert, match="set json_output: true"):
        parse_alert(sent)


async def test_a_missing_field_is_counted_and_shown(nats_url: str, tmp_path: Path) -> None:
    """Every time in the metric, and in /readyz."""
    labels = {"source": "aws_cloudtrail", "field": "ct.id"}
    before = REGISTRY.get_sample_value("tfdrift_falco_missing_fields_total", labels) or 0
    async with running(nats_url, tmp_path) as service:
        for _ in range(2):
            assert (await service.post(body(cloud_alert(cloud_fields(id=None)))))[0] == 200
        assert service.runtime.readiness.details[Condition.MISSING_FIELDS].startswith("Falco sends no ct.id")
        assert service.runtime.readiness.ok
    assert REGISTRY.get_sample_value("tfdrift_falco_missing_fields_total", labels) == before + 2
