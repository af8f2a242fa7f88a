"""Calls whose alerts arrive whole and incomplete, through the running pipeline."""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tests.e2e.alerts import JANE, cloud_call
from tests.e2e.estate import resource, state
from tests.e2e.test_command import tfdrift
from tests.falco.sidekick import forwarded
from tests.pipeline import Pipeline

POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": "x" * 5000, "Effect": "Deny"}]})
EMPTY = '{"Version":"2012-10-17","Statement":[]}'


def arrivals(role: str, at: datetime) -> dict[str, bytes]:
    """One call, as it may arrive."""
    request = {"roleName": role, "policyDocument": POLICY}
    whole = cloud_call("UpdateAssumeRolePolicy", request, at, who=JANE, source="iam")
    without = {**whole, "output_fields": {**whole["output_fields"], "ct.request": None}}
    return {
        "whole": json.dumps(whole).encode(),
        "shortened": forwarded(whole),
        "without a request": json.dumps(without).encode(),
    }


async def test_whichever_comes_first_the_drifts_are_those_of_the_whole_call(
    pipeline: Pipeline, workspace: str, times: Iterator[datetime]
) -> None:
    """Each order has a role of its own; one role's call only ever comes shortened, and its drift says so."""
    orders = [*itertools.permutations(("whole", "shortened", "without a request")), ("shortened",)]
    roles = [f"role-{uuid.uuid4().hex[:12]}" for _ in orders]
    held = [resource("aws_iam_role", one, {"id": one, "name": one, "assume_role_policy": EMPTY}) for one in roles]
    pipeline.write_state(workspace, state(1, *held, lineage=str(uuid.uuid4())))
    for role, order in zip(roles, orders, strict=True):
        bodies = arrivals(role, next(times))
        assert await pipeline.post(*(bodies[name] for name in order)) == 200

    def settled(listed: dict[str, Any]) -> bool:
        found = {drift["resource_id"]: drift for drift in listed["drifts"]}
        return found.keys() == set(roles) and not any(found[role]["value_unknown"] for role in roles[:-1])

    listed = await pipeline.get_until(f"/api/v1/drifts?workspace={workspace}", settled)
    details = {drift["resource_id"]: drift["detail"] for drift in listed["drifts"]}
    assert [details[role] for role in roles[:-1]] == [None] * 6
    assert "falcosidekick shortened ct.request" in details[roles[-1]]


async def test_what_ingest_falco_says_of_its_alerts_reaches_the_gateway_and_the_doctor(
    pipeline: Pipeline, workspace: str, times: Iterator[datetime]
) -> None:
    """A condition of the service is a hint of its health, and does not silence it."""
    bodies = arrivals(f"role-{workspace}", next(times))
    assert await pipeline.post(bodies["shortened"], bodies["without a request"]) == 200

    def hinted(health: dict[str, Any]) -> bool:
        (service,) = (one for one in health["services"] if one["name"] == "ingest-falco")
        hints = " ".join(service["hints"])
        return service["status"] == "ok" and "falcosidekick shortens" in hints and "sends no ct.request" in hints

    await pipeline.get_until("/api/v1/health", hinted)
    _, said, _ = await tfdrift(pipeline, "doctor")
    assert "ingest-falco: falcosidekick shortens" in said
    assert "append_output" in said
