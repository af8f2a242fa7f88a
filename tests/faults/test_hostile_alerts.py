"""Alerts and states of hostile shape against real processes: each concerns itself alone, also after restarts."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.alerts import ACCOUNT, Alert, cloud_call, moments, resize
from tests.e2e.estate import instance, resource, state
from tests.pipeline import Pipeline, SseClient, running

HUGE = 10**30
GROUP = {"groupId": "sg-1"}
WEIRD: list[Any] = [
    HUGE, -HUGE, str(HUGE), "9" * 30, 1.5e300, True, None, "", [], [22], {}, {"a": 1}, [[]], [{}], "\u2028", [None], -1
]  # fmt: skip


def permissions(**members: Any) -> dict[str, Any]:
    """The request of a rule with these members."""
    rule = {"ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "ipRanges": {"items": [{"cidrIp": "10.0.0.0/8"}]}}
    return GROUP | {"ipPermissions": {"items": [rule | members]}}


def requests() -> Iterator[tuple[str, str, Any]]:
    """Service, event and request of every hostile call."""
    for way in ("Authorize", "Revoke"):
        for direction in ("Ingress", "Egress"):
            event = f"{way}SecurityGroup{direction}"
            for value in WEIRD:
                yield "ec2", event, permissions(toPort=value)
                yield "ec2", event, permissions(ipProtocol=value)
            yield "ec2", event, permissions(ipRanges=[1], ipv6Ranges=-1)
            yield "ec2", event, GROUP | {"ipPermissions": "all"}
    queue = {"queueUrl": f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/jobs"}
    for value in WEIRD:
        yield "sqs", "AddPermission", queue | {"label": value, "aWSAccountIds": [ACCOUNT], "actions": ["SendMessage"]}
        yield "sqs", "AddPermission", queue | {"label": "a", "aWSAccountIds": value, "actions": value}
        yield "ec2", "ModifyInstanceAttribute", {"instanceId": "i-1", "instanceType": value}
        yield "ec2", "ModifyInstanceAttribute", {"instanceId": value, "instanceType": {"value": value}}
        yield "ec2", "CreateTags", {"resourcesSet": {"items": [{"resourceId": "i-1"}]}, "tagSet": {"items": value}}
        yield "s3", "PutBucketPolicy", {"bucketName": "logs", "bucketPolicy": value}
        yield "elasticloadbalancing", "ModifyListener", {"listenerArn": "arn:aws:elb:l", "defaultActions": value}


def hostile(times: Iterator[Any]) -> list[Alert]:
    """An alert of every hostile call."""
    return [cloud_call(name, request, next(times), source=service) for service, name, request in requests()]


def broken_group() -> dict[str, Any]:
    """A security group of a state that no provider writes."""
    rule = {"from_port": HUGE, "to_port": [22], "protocol": {}, "ipv6_cidr_blocks": -1, "cidr_blocks": "all", "self": 3}
    attributes = {"id": "sg-1", "arn": f"arn:aws:ec2:us-east-1:{ACCOUNT}:security-group/sg-1", "name": "web"}
    return resource("aws_security_group", "web", attributes | {"ingress": [rule], "egress": [rule, -1]})


async def _drift(pipeline: Pipeline, client: SseClient, number: int, identity: str, at: Any) -> None:
    """An ordinary alert, whose drift is reported."""
    await pipeline.post(resize(identity, f"m5.{number}xlarge", at))
    await client.wait_for(
        lambda c: any(drift["new_value"] == f"m5.{number}xlarge" for drift in c.of("drift")), seconds=60
    )


@pytest.mark.parametrize("state_first", [True, False])
async def test_hostile_alerts_and_states_stop_nothing(tmp_path: Path, *, state_first: bool) -> None:
    """Every process lives on, and an ordinary drift is reported after them, after a restart and after a SIGKILL."""
    times = moments(datetime.now(UTC) - timedelta(hours=6))
    document = state(1, instance("i-1"), broken_group())
    alerts = hostile(times)
    with running(tmp_path) as pipeline:
        await pipeline.ready()
        async with pipeline.stream("?since=1h", reconnecting=True) as client:
            if state_first:
                pipeline.write_state("prod", document)
                await client.wait_for(lambda c: c.of("state_change"))
            for alert in alerts:
                assert await pipeline.post(alert) == 200
            if not state_first:
                pipeline.write_state("prod", document)
            await _drift(pipeline, client, 2, "i-1", next(times))
            pipeline.stop("drift-detector")
            pipeline.start("drift-detector")
            await _drift(pipeline, client, 4, "i-1", next(times))
            pipeline.stop("drift-detector", signal.SIGKILL)
            pipeline.start("drift-detector")
            await _drift(pipeline, client, 8, "i-1", next(times))
            await pipeline.settled("drift-detector")
        assert all(process.poll() is None for process in pipeline.processes.values())
        failures = [line for line in pipeline.log_lines("drift-detector") if line["event"] == "message_failed"]
    assert failures == []  # nothing is retried with a traceback
