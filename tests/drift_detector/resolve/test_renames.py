"""Names that change hands: a call means what had the name when it was made, in whatever order calls become known."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.drift_detector.playbook import Step, World, wrote
from tests.drift_detector.scenarios.builders import arn, modified, placed
from tests.drift_detector.scenarios.data.rds import opened
from tests.drift_detector.scenarios.data.rds_renames import renamed
from tests.drift_detector.scenarios.general.attribute_values import DB, database

RESTORED = "aws_db_instance.restored"


def restored(**changes: Any) -> dict[str, Any]:
    """A second database, to take the first one's place."""
    given = {"id": "db-RESTORED", "identifier": "main-new", "arn": arn("rds", "db:main-new")}
    return placed(RESTORED, **(given | {"publicly_accessible": False} | changes))


SWAPPED = (renamed("main", "main-old"), renamed("main-new", "main", 6), opened("main", 7))
ORDERS = list(itertools.permutations(SWAPPED))


@pytest.mark.parametrize("calls", ORDERS)
def test_a_name_given_to_another_means_the_other(calls: tuple[Step, ...]) -> None:
    """Databases are exchanged by renaming both; what is done to the name afterwards is done to the new one."""
    assert World().play(wrote(0, database(), restored()), *calls).open() == sorted(
        [
            modified(DB, "identifier", "main", "main-old"),
            modified(RESTORED, "identifier", "main-new", "main"),
            modified(RESTORED, "publicly_accessible", False, True),
        ]
    )


@pytest.mark.parametrize("calls", ORDERS)
def test_a_name_given_to_what_no_state_holds_is_nobodys(calls: tuple[Step, ...]) -> None:
    """The first database is not what was opened, though its state still has the name."""
    assert World().play(wrote(0, database()), *calls).open() == [modified(DB, "identifier", "main", "main-old")]


def test_a_name_means_what_a_state_has_taken_in_under_it_since() -> None:
    """An exchange that Terraform imported is over: both addresses go by their states again."""
    world = World().play(
        wrote(0, database()),
        *SWAPPED[:2],
        wrote(
            7,
            database(identifier="main-old", arn=arn("rds", "db:main-old")),
            restored(identifier="main", arn=arn("rds", "db:main")),
        ),
        opened("main", 8),
    )
    assert world.open() == [modified(RESTORED, "publicly_accessible", False, True)]


def test_a_name_that_a_state_has_given_up_is_another_ones() -> None:
    """Once the state has the new name, the old one is free for anybody."""
    world = World().play(
        wrote(0, database()),
        renamed("main", "main-old"),
        wrote(6, database(identifier="main-old", arn=arn("rds", "db:main-old"))),
        opened("main", 7),
    )
    assert world.open() == []
