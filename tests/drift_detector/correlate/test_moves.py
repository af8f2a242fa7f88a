"""A resource that moves to another address, by a `moved` block or into a module, takes its open drift along."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.drift_detector.playbook import ACCOUNT, REGION, Step, World, called, wrote
from tests.ingest_tfstate.states import resource
from tfdrift.events import DriftStatus, Resolution

WEB, DB = "i-0123456789abcdef0", "i-0fedcba9876543210"


def instance(address: str, identity: str = WEB, **attributes: Any) -> dict[str, Any]:
    """An instance of a state."""
    arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/{identity}"
    return resource(address, id=identity, arn=arn, **{"instance_type": "t3.micro"} | attributes)


def resized(minutes: int, size: str, identity: str = WEB) -> Step:
    """Somebody changed the type of an instance by hand."""
    request = {"instanceId": identity, "instanceType": {"value": size}}
    return called(minutes, "ec2:ModifyInstanceAttribute", request)


def only(world: World) -> tuple[str, DriftStatus, Resolution | None]:
    """The address, status and resolution of the only drift."""
    (drift,) = world.drifts.values()
    return drift.address or "", drift.status, drift.resolution


def test_an_open_drift_moves_with_its_resource() -> None:
    """It is the same drift, open at the new address, and ends there."""
    world = World().play(wrote(0, instance("aws_instance.a")), resized(5, "m5.large"))
    (before,) = world.drifts
    world.play(wrote(10, instance("aws_instance.b")))
    assert list(world.drifts) == [before]
    assert only(world) == ("aws_instance.b", DriftStatus.OPEN, None)
    world.play(wrote(15, instance("aws_instance.c")), resized(20, "t3.micro"))
    assert only(world) == ("aws_instance.c", DriftStatus.RESOLVED, Resolution.REVERTED)
    assert Resolution.DESTROYED not in {drift.resolution for drift in world.reported}


def test_a_move_that_takes_the_value_over_absorbs_the_drift() -> None:
    """The serial that moves the resource has been refreshed, so that its state has the value of the call."""
    world = World().play(wrote(0, instance("aws_instance.a")), resized(5, "m5.large"))
    world.play(wrote(10, instance("aws_instance.b", instance_type="m5.large")))
    assert only(world) == ("aws_instance.b", DriftStatus.RESOLVED, Resolution.ABSORBED)


def test_a_resource_that_comes_to_the_old_address_has_drifts_of_its_own() -> None:
    """The address alone does not make it the one that moved away."""
    world = World().play(wrote(0, instance("aws_instance.a")), resized(5, "m5.large"))
    world.play(wrote(10, instance("aws_instance.b")))
    world.play(wrote(15, instance("aws_instance.b"), instance("aws_instance.a", DB)), resized(20, "c5.large", DB))
    drifts = {drift.address: drift for drift in world.drifts.values()}
    assert {address: drift.new_value for address, drift in drifts.items()} == {
        "aws_instance.b": "m5.large",
        "aws_instance.a": "c5.large",
    }
    assert {drift.status for drift in drifts.values()} == {DriftStatus.OPEN}
    world.play(resized(25, "t3.micro", DB))
    assert {drift.address: drift.status for drift in world.drifts.values()} == {
        "aws_instance.b": DriftStatus.OPEN,
        "aws_instance.a": DriftStatus.RESOLVED,
    }


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_order_of_calls_and_serials_does_not_matter(order: tuple[int, ...]) -> None:
    """A call that arrives after the move is of the resource that moved, whenever it was made."""
    calls = [resized(5, "m5.large"), resized(12, "c5.large")]
    states = [wrote(0, instance("aws_instance.a")), wrote(10, instance("aws_instance.b"))]
    straight = World().play(states[0], calls[0], states[1], calls[1])
    steps = [states[1], *calls]
    shuffled = World().play(states[0], *(steps[position] for position in order))
    assert only(shuffled) == only(straight) == ("aws_instance.b", DriftStatus.OPEN, None)
    (one,), (other,) = straight.drifts.values(), shuffled.drifts.values()
    assert (one.id, one.new_value) == (other.id, other.new_value)
