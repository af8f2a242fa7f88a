"""Who caused what a new serial records."""

from __future__ import annotations

from tests.drift_detector.correlate.test_lifecycle import launch, other, resize, terminate, web
from tests.drift_detector.playbook import World, applied, called, resource, wrote


def test_a_refresh_is_attributed_to_the_person_whose_value_it_took() -> None:
    """The state change that absorbs a drift names who made it."""
    world = World().play(wrote(0, web()), resize(5, "m5.large"), wrote(9, web(instance_type="m5.large")))
    assert world.attributions() == ["modified aws_instance.web by jane"]


def test_an_apply_is_attributed_to_who_ran_it_also_when_its_call_comes_later() -> None:
    """Audit events come minutes late; the attribution follows them."""
    steps = [wrote(0, web()), wrote(9, web(instance_type="m5.large")), resize(8, "m5.large", act=applied)]
    world = World().play(*steps[:2])
    assert world.attributions() == []
    assert world.play(steps[2]).attributions() == ["modified aws_instance.web by ci-apply (sanctioned)"]


def test_another_value_or_attribute_explains_nothing() -> None:
    """A call that set something else did not bring the change about."""
    world = World().play(
        wrote(0, web()),
        resize(5, "c5.large"),
        called(6, "ec2:ModifyInstanceAttribute", {"instanceId": "i-1", "disableApiTermination": {"value": False}}),
        wrote(9, web(instance_type="m5.large")),
    )
    assert world.attributions() == []


def test_a_call_after_the_state_was_written_explains_nothing() -> None:
    """A cause does not follow its effect."""
    world = World().play(wrote(0, web()), wrote(9, web(instance_type="m5.large")), resize(20, "m5.large"))
    assert world.attributions() == []


def test_creations_and_removals_are_attributed() -> None:
    """Who launched and who terminated is named with the serials that show it."""
    world = World().play(
        wrote(0, web(), other()),
        launch(3, act=applied),
        wrote(4, web(), other(), resource("aws_instance.new", id="i-9")),
        terminate(5),
        wrote(9, other(), resource("aws_instance.new", id="i-9")),
    )
    assert world.attributions() == [
        "created aws_instance.new by ci-apply (sanctioned)",
        "deleted aws_instance.web by jane",
    ]


def test_two_actors_are_named_in_the_order_of_their_calls() -> None:
    """Who did it first and who repeated it are both named."""
    world = World().play(
        wrote(0, web()),
        resize(6, "m5.large", act=applied),
        resize(5, "m5.large"),
        wrote(9, web(instance_type="m5.large")),
    )
    assert world.attributions() == ["modified aws_instance.web by jane, ci-apply (sanctioned)"]
