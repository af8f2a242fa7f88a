"""The lifecycle of drifts: scripts of states and calls, and the drifts that they must end in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.drift_detector.playbook import ACCOUNT, Step, World, Wrote, applied, called, resource, wrote

WEB_ARN = f"arn:aws:ec2:eu-central-1:{ACCOUNT}:instance/i-1"


def web(**changes: Any) -> dict[str, Any]:
    """An instance as a state holds it."""
    attributes = {
        "id": "i-1",
        "arn": WEB_ARN,
        "instance_type": "t3.micro",
        "disable_api_termination": True,
        "tags": {"Env": "prod"},
        "tags_all": {"Env": "prod"},
    }
    return resource("aws_instance.web", **(attributes | changes))


def moved_web() -> dict[str, Any]:
    """The same instance under another name."""
    return web() | {"name": "renamed"}


def other() -> dict[str, Any]:
    """Some other resource, so that an estate is never empty."""
    return resource("aws_instance.other", id="i-2", arn=WEB_ARN.replace("i-1", "i-2"), instance_type="t3.micro")


def second() -> dict[str, Any]:
    """What Terraform put in its place, under the same address."""
    return web(id="i-3", arn=WEB_ARN.replace("i-1", "i-3"))


def resize(minutes: int, to: str, *, act: Any = called, instance: str = "i-1", **more: Any) -> Step:
    """Somebody sets the instance's type."""
    step: Step = act(
        minutes, "ec2:ModifyInstanceAttribute", {"instanceId": instance, "instanceType": {"value": to}}, **more
    )
    return step


def terminate(minutes: int, *, act: Any = called, instance: str = "i-1") -> Step:
    """Somebody terminates the instance."""
    step: Step = act(
        minutes,
        "ec2:TerminateInstances",
        {"instancesSet": {"items": [{"instanceId": instance}]}},
        response={"instancesSet": {"items": [{"instanceId": instance, "currentState": {"name": "shutting-down"}}]}},
    )
    return step


def launch(minutes: int, *, act: Any = called, instance: str = "i-9") -> Step:
    """Somebody launches an instance that is in no state."""
    step: Step = act(
        minutes,
        "ec2:RunInstances",
        {"instanceType": "t3.micro"},
        response={"instancesSet": {"items": [{"instanceId": instance, "instanceType": "t3.micro"}]}},
    )
    return step


OPEN = 'aws_instance.web instance_type modified open: "t3.micro" -> "m5.large" by jane'
GONE = 'aws_instance.web - deleted open: "i-1" -> null by jane'
FOUND = 'aws_instance i-9 - unmanaged open: null -> "i-9" by jane'

SCENARIOS: dict[str, tuple[list[Step], list[str]]] = {
    "a foreign value opens a drift": ([wrote(0, web()), resize(5, "m5.large")], [OPEN]),
    "a value that the state has opens none": ([wrote(0, web()), resize(5, "t3.micro")], []),
    "a second foreign value moves the drift on": (
        [wrote(0, web()), resize(5, "m5.large"), resize(6, "c5.large", by="joe")],
        ['aws_instance.web instance_type modified open: "t3.micro" -> "c5.large" by joe'],
    ),
    "setting it back reverts": (
        [wrote(0, web()), resize(5, "m5.large"), resize(6, "t3.micro", by="joe")],
        ['aws_instance.web instance_type modified reverted: "t3.micro" -> "m5.large" by jane'],
    ),
    "what Terraform sets back is applied": (
        [wrote(0, web()), resize(5, "m5.large"), resize(6, "t3.micro", act=applied)],
        ['aws_instance.web instance_type modified applied: "t3.micro" -> "m5.large" by jane'],
    ),
    "a refresh absorbs": (
        [wrote(0, web()), resize(5, "m5.large"), wrote(9, web(instance_type="m5.large"))],
        ['aws_instance.web instance_type modified absorbed: "t3.micro" -> "m5.large" by jane'],
    ),
    "a refresh that came before the alert absorbs": (
        [wrote(0, web()), wrote(9, web(instance_type="m5.large")), resize(5, "m5.large")],
        ['aws_instance.web instance_type modified absorbed: "t3.micro" -> "m5.large" by jane'],
    ),
    "an apply on top of a drift applies": (
        [
            wrote(0, web()),
            resize(5, "m5.large"),
            resize(8, "c5.large", act=applied),
            wrote(9, web(instance_type="c5.large")),
        ],
        ['aws_instance.web instance_type modified applied: "t3.micro" -> "m5.large" by jane'],
    ),
    "an apply is no drift": (
        [wrote(0, web()), resize(5, "m5.large", act=applied), wrote(6, web(instance_type="m5.large"))],
        [],
    ),
    "an apply whose state came first is no drift": (
        [wrote(0, web()), wrote(6, web(instance_type="m5.large")), resize(5, "m5.large", act=applied)],
        [],
    ),
    "another serial leaves a drift open": (
        [wrote(0, web()), resize(5, "m5.large"), wrote(9, web(), other())],
        [OPEN],
    ),
    "a reopened drift is one drift": (
        [wrote(0, web()), resize(5, "m5.large"), resize(6, "t3.micro"), resize(7, "m5.large")],
        [OPEN],
    ),
    "two attributes are two drifts": (
        [
            wrote(0, web()),
            resize(5, "m5.large"),
            called(6, "ec2:ModifyInstanceAttribute", {"instanceId": "i-1", "disableApiTermination": {"value": False}}),
        ],
        ["aws_instance.web disable_api_termination modified open: true -> false by jane", OPEN],
    ),
    "a resource that leaves the state takes its drifts along": (
        [wrote(0, web(), other()), resize(5, "m5.large"), wrote(9, other())],
        ['aws_instance.web instance_type modified destroyed: "t3.micro" -> "m5.large" by jane'],
    ),
    "a resource that moves takes its drift to the new address": (
        [wrote(0, web(), other()), resize(5, "m5.large"), wrote(9, moved_web(), other())],
        ['aws_instance.renamed instance_type modified open: "t3.micro" -> "m5.large" by jane'],
    ),
    "a foreign delete is a drift": ([wrote(0, web(), other()), terminate(5)], [GONE]),
    "a foreign delete ends with the resource's removal": (
        [wrote(0, web(), other()), terminate(5), wrote(9, other())],
        ['aws_instance.web - deleted destroyed: "i-1" -> null by jane'],
    ),
    "a foreign delete that a refresh outran is reported as ended": (
        [wrote(0, web(), other()), wrote(9, other()), terminate(5)],
        ['aws_instance.web - deleted destroyed: "i-1" -> null by jane'],
    ),
    "a late alert about what was replaced since is reported as ended": (
        [wrote(0, web(), other()), wrote(9, second(), other()), resize(5, "m5.large")],
        ['aws_instance.web instance_type modified applied: "t3.micro" -> "m5.large" by jane'],
    ),
    "a late delete of what was replaced since is reported as ended": (
        [wrote(0, web(), other()), wrote(9, second(), other()), terminate(5)],
        ['aws_instance.web - deleted applied: "i-1" -> null by jane'],
    ),
    "a late alert from before a removal is reported as ended, though the resource is back": (
        [wrote(0, web(), other()), wrote(4, other()), wrote(9, web(), other()), resize(2, "m5.large")],
        ['aws_instance.web instance_type modified destroyed: "t3.micro" -> "m5.large" by jane'],
    ),
    "a call about what was replaced before it was made is nobody's concern": (
        [wrote(0, web(), other()), wrote(9, second(), other()), resize(12, "m5.large")],
        [],
    ),
    "what stands at the address now drifts on its own": (
        [
            wrote(0, web(), other()),
            resize(5, "m5.large"),
            wrote(9, second(), other()),
            resize(12, "c5.large", instance="i-3"),
        ],
        ['aws_instance.web instance_type modified open: "t3.micro" -> "c5.large" by jane'],
    ),
    "a newer provider's other id of the same ARN is no other incarnation": (
        [wrote(0, web(), other()), resize(5, "m5.large"), wrote(9, web(id="i-long-1"), other())],
        [OPEN],
    ),
    "Terraform's destroy is no drift": (
        [wrote(0, web(), other()), terminate(5, act=applied), wrote(9, other())],
        [],
    ),
    "a foreign creation is unmanaged": ([wrote(0, other()), launch(5)], [FOUND]),
    "an unmanaged thing that is imported is absorbed": (
        [wrote(0, other()), launch(5), wrote(9, other(), resource("aws_instance.new", id="i-9"))],
        ['aws_instance i-9 - unmanaged absorbed: null -> "i-9" by jane'],
    ),
    "an unmanaged thing that is removed again is reverted": (
        [
            wrote(0, other()),
            launch(5),
            called(6, "ec2:TerminateInstances", {"instancesSet": {"items": [{"instanceId": "i-9"}]}}),
        ],
        ['aws_instance i-9 - unmanaged reverted: null -> "i-9" by jane'],
    ),
    "Terraform's creation is no drift": (
        [wrote(0, other()), launch(5, act=applied), wrote(9, other(), resource("aws_instance.new", id="i-9"))],
        [],
    ),
    "a creation in an account of no state is nobody's concern": ([launch(5)], []),
    "a failed call claims nothing": ([wrote(0, web()), resize(5, "m5.large", error="Client.Unauthorized")], []),
    "a reading call claims nothing": ([wrote(0, web()), resize(5, "m5.large", readonly="true")], []),
    "a service's echo claims nothing": ([wrote(0, web()), resize(5, "m5.large", eventtype="AwsServiceEvent")], []),
    "a call in another account means another resource": (
        [
            wrote(0, web()),
            resize(5, "m5.large", recipientaccountid="999999999999", **{"user.accountid": "999999999999"}),
        ],
        [],
    ),
    "a call in another region means another resource": (
        [wrote(0, web()), resize(5, "m5.large", region="us-east-1")],
        [],
    ),
    "an alert before the first state is remembered": ([resize(5, "m5.large"), wrote(0, web())], [OPEN]),
    "a changed tag is a drift of that tag": (
        [
            wrote(0, web()),
            called(
                5,
                "ec2:CreateTags",
                {
                    "resourcesSet": {"items": [{"resourceId": "i-1"}]},
                    "tagSet": {"items": [{"key": "Env", "value": "dev"}, {"key": "New", "value": "x"}]},
                },
            ),
        ],
        [
            'aws_instance.web tags.Env modified open: "prod" -> "dev" by jane',
            'aws_instance.web tags.New modified open: null -> "x" by jane',
        ],
    ),
    "a removed tag is a drift of that tag": (
        [
            wrote(0, web()),
            called(
                5,
                "ec2:DeleteTags",
                {"resourcesSet": {"items": [{"resourceId": "i-1"}]}, "tagSet": {"items": [{"key": "Env"}]}},
            ),
        ],
        ['aws_instance.web tags.Env modified open: "prod" -> null by jane'],
    ),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_script_ends_in_exactly_these_drifts(name: str) -> None:
    """States and calls, in the order in which they arrive, end in exactly the drifts expected."""
    steps, expected = SCENARIOS[name]
    assert World().play(*steps).summary() == sorted(expected)


@pytest.mark.parametrize("name", SCENARIOS)
def test_repeated_alerts_change_nothing(name: str) -> None:
    """Every alert twice ends in the same drifts, reported no more often."""
    steps, _ = SCENARIOS[name]
    once = World().play(*steps)
    doubled = [step for step in steps for _ in range(1 if isinstance(step, Wrote) else 2)]
    twice = World().play(*doubled)
    assert twice.drifts == once.drifts
    assert len(twice.reported) == len(once.reported)


def test_terraforms_call_without_a_state_becomes_unconfirmed_in_time() -> None:
    """An agent string is not a proof: a claim to be Terraform's that no state confirms is a drift after the window."""
    world = World(unconfirmed_after=timedelta(minutes=30)).play(wrote(0, web()), resize(5, "m5.large", act=applied))
    assert world.wait(34).summary() == []
    unconfirmed = 'aws_instance.web instance_type unconfirmed open: "t3.micro" -> "m5.large" by ci-apply'
    assert world.wait(36).summary() == [unconfirmed]
    world.play(wrote(40, web(instance_type="m5.large")))
    assert world.summary() == [unconfirmed.replace("open", "applied")]


def test_terraforms_call_is_confirmed_by_a_later_serial_that_holds_the_resource() -> None:
    """A serial written after the call confirms it, whatever it holds: providers normalise what they set."""
    world = World(unconfirmed_after=timedelta(minutes=30)).play(
        wrote(0, web()), resize(5, "m5.large", act=applied), wrote(6, web(), other())
    )
    assert world.wait(120).summary() == []


def test_a_drift_keeps_its_id_and_tells_its_steps() -> None:
    """One attribute's drift is one row for clients, with who did what."""
    world = World().play(wrote(0, web()), resize(5, "m5.large"), resize(6, "t3.micro", by="joe"))
    first, last = world.reported
    assert first.id == last.id
    assert [(step.status, step.resolution) for step in last.history] == [("open", None), ("resolved", "reverted")]
    assert [step.user_identity.user_name for step in last.history if step.user_identity] == ["jane", "joe"]


def test_one_cloud_resource_in_two_workspaces_drifts_in_both() -> None:
    """Whoever holds the resource in a state sees the drift."""
    world = World().play(wrote(0, web()), wrote(1, web(), workspace="copy"), resize(5, "m5.large"))
    assert {(drift.workspace, drift.status.value) for drift in world.drifts.values()} == {
        ("prod", "open"),
        ("copy", "open"),
    }


ONE_RESOURCE: list[Step] = [
    wrote(0, web(), other()),
    resize(5, "m5.large"),
    resize(6, "c5.large", by="joe"),
    wrote(8, web(instance_type="c5.large"), other()),
    resize(10, "t3.small"),
    resize(11, "t3.nano", act=applied),
    wrote(12, web(instance_type="t3.nano"), other()),
    terminate(20),
    launch(21),
    wrote(30, other()),
]


# Replaced under its address, removed, brought back as it was, moved, and imported again under its old address.
SEVERAL_INCARNATIONS: list[Step] = [
    wrote(0, web(), other()),
    resize(2, "m5.large"),
    terminate(4),
    launch(5, instance="i-3"),
    resize(6, "c5.large", by="joe", instance="i-3"),
    wrote(9, second(), other()),
    resize(10, "t3.small", instance="i-3"),
    resize(11, "t3.nano", instance="i-3", act=applied),
    wrote(12, second(), other()),
    resize(13, "t3.large", instance="i-3"),
    wrote(15, other()),
    wrote(20, second(), other()),
    resize(21, "c5.large", instance="i-3", by="joe"),
    wrote(25, second() | {"name": "renamed"}, other()),
    resize(26, "m5.large", instance="i-3"),
    wrote(30, web(), other()),
    terminate(31),
    wrote(33, other()),
]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([ONE_RESOURCE, SEVERAL_INCARNATIONS]), st.data())
def test_any_interleaving_ends_in_the_same_drifts(script: list[Step], data: st.DataObject) -> None:
    """Late, repeated and reordered alerts end in the same drifts as those that come in order.

    States of one workspace come in the order of their serials, since a lower serial is refused.
    """
    calls = data.draw(st.permutations([step for step in script if not isinstance(step, Wrote)]))
    states = [step for step in script if isinstance(step, Wrote)]
    order: list[Step] = []
    while states or calls:
        if states and (not calls or data.draw(st.booleans())):
            order.append(states.pop(0))
        else:
            order.append(calls.pop(0))
    for _ in range(data.draw(st.integers(0, 3))):
        repeated = data.draw(st.sampled_from([step for step in script if not isinstance(step, Wrote)]))
        order.insert(data.draw(st.integers(0, len(order))), repeated)
    assert World().play(*order).drifts == World().play(*script).drifts
