"""The whole scenario table at once, through the real pipeline: state files in, alerts in, REST out."""

from __future__ import annotations

import asyncio
import json
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest

from tests.drift_detector.correlate.test_lifecycle import SCENARIOS as CORRELATION
from tests.drift_detector.correlate.test_scenarios import EVALUATED_BY
from tests.drift_detector.playbook import ACCOUNT, REGION, START, Called, Wrote, line, resource
from tests.drift_detector.scenarios import SCENARIOS, Scenario
from tests.drift_detector.scenarios.builders import OTHER_ACCOUNT
from tests.drift_detector.scenarios.general.other_names import UNIQUE_ID
from tests.drift_detector.scenarios.storage.s3_buckets import NAME as BUCKET_NAME
from tests.ingest_tfstate.states import state
from tests.pipeline import Pipeline, running
from tfdrift.events import Drift

TABLE = {**SCENARIOS, **{f"correlation: {name}": scenario for name, scenario in CORRELATION.items()}}


SECONDS = 120.0
# What tells the account of an estate whose own resources do not; else a thing named "default" would be everybody's.
TELLER = resource("aws_sns_topic.teller", arn=f"arn:aws:sns:{REGION}:{ACCOUNT}:teller")
_TELLS_ITS_ACCOUNT = re.compile(r'"(?:arn|id)": "arn:[^"]*:[0-9]{12}:')


class Estate:
    """A scenario's part of the pipeline: accounts, buckets and workspaces of its own, so that none disturbs another."""

    def __init__(self, number: int, scenario: Scenario) -> None:
        self.prefix = f"s{number:03}"
        # What is unique in the world: account ids, the names of buckets and the unique ids of roles.
        self._names = {
            ACCOUNT: f"{100_000_000_000 + number}",
            OTHER_ACCOUNT: f"{200_000_000_000 + number}",
            BUCKET_NAME: f"{BUCKET_NAME}-{number}",
            UNIQUE_ID: f"{UNIQUE_ID}{number:03}",
        }
        self.accounts = {self._names[ACCOUNT], self._names[OTHER_ACCOUNT]}
        steps, expected = scenario
        self.steps = steps
        written = [json.dumps(step.resources) for step in steps if isinstance(step, Wrote)]
        self.tellers = () if any(map(_TELLS_ITS_ACCOUNT.search, written)) else (TELLER,)
        self.expected = sorted(map(self.own, expected))

    def own(self, text: str) -> str:
        """A text with the scenario's own names in it."""
        for name, own in self._names.items():
            text = text.replace(name, own)
        return text

    def workspace(self, step: Wrote) -> str:
        """The workspace of a state."""
        return f"{self.prefix}/{step.workspace}"

    def owns(self, drift: Drift) -> bool:
        """Whether a drift is of this scenario: by its workspace; one that no state holds, by its account."""
        if drift.workspace is not None:
            return drift.workspace.startswith(f"{self.prefix}/")
        return drift.account_id in self.accounts


@pytest.fixture
def scenario_pipeline(tmp_path: Path) -> Iterator[Pipeline]:
    """A pipeline of its own, judging by the rules of the scenarios; what is as old as they are is not forgotten."""
    rules = tmp_path / "rules.yaml"
    rules.write_text(EVALUATED_BY.model_dump_json())
    with running(tmp_path, TFDRIFT_RULES=str(rules), TFDRIFT_RETENTION_HOURS="87600") as started:
        asyncio.run(started.ready())
        yield started


async def all_of(pipeline: Pipeline, what: str) -> list[dict[str, Any]]:
    """Every item of a list of the REST API."""
    items, cursor = [], ""
    while True:
        page = await pipeline.get(f"/api/v1/{what}?limit=1000{cursor}")
        items += page[what]
        if page["next_cursor"] is None:
            return items
        cursor = f"&cursor={page['next_cursor']}"


async def until(condition: Callable[[], Awaitable[bool]]) -> bool:
    """Wait until a condition holds; False if it does not within `SECONDS`."""
    try:
        async with asyncio.timeout(SECONDS):
            while not await condition():
                await asyncio.sleep(0.05)
    except TimeoutError:
        return False
    return True


async def play(pipeline: Pipeline, estates: list[Estate]) -> None:
    """The first steps of all, then the second ones, and so on; each is taken in before the next."""
    for steps in zip_longest(*(estate.steps for estate in estates)):
        serials: dict[str, int] = {}
        alerts = []
        for estate, step in zip(estates, steps, strict=True):
            match step:
                case Wrote():
                    workspace = estate.workspace(step)
                    written = json.loads(
                        estate.own(state(*step.resources, *estate.tellers, serial=step.serial).decode())
                    )
                    # A lineage of its own: one that several workspaces share is a copy, which is refused.
                    data = json.dumps(written | {"lineage": workspace}).encode()
                    pipeline.write_state(workspace, data, START + timedelta(minutes=step.minutes))
                    serials[workspace] = step.serial
                case Called():
                    alerts.append(json.loads(estate.own(json.dumps(step.alert))))
        assert all([status == 200 async for status in pipeline.post_all(alerts)])
        await taken_in(pipeline, serials)
        await pipeline.settled("drift-detector")


async def taken_in(pipeline: Pipeline, serials: dict[str, int]) -> None:
    """Wait until the workspaces have these serials."""

    async def arrived() -> bool:
        known = {head["workspace"]: head["serial"] for head in await all_of(pipeline, "workspaces")}
        return all(known.get(workspace) == serial for workspace, serial in serials.items())

    assert await until(arrived)


async def reported(pipeline: Pipeline, estates: list[Estate]) -> dict[str, list[str]]:
    """The drifts of each estate as lines, by its prefix; "" stands for those of nobody."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in await all_of(pipeline, "drifts"):
        drift = Drift.model_validate(row)
        owner = next((estate.prefix for estate in estates if estate.owns(drift)), "")
        found[owner].append(line(drift))
    return {prefix: sorted(lines) for prefix, lines in found.items()}


async def test_all_scenarios_at_once_end_in_exactly_their_drifts(scenario_pipeline: Pipeline) -> None:
    """Hundreds of estates side by side: each ends in what its own scenario says, and in nothing of another's."""
    estates = [Estate(number, scenario) for number, scenario in enumerate(TABLE.values())]
    await play(scenario_pipeline, estates)
    expected = {estate.prefix: estate.expected for estate in estates if estate.expected}

    async def as_expected() -> bool:
        return await reported(scenario_pipeline, estates) == expected

    if not await until(as_expected):
        found = await reported(scenario_pipeline, estates)
        names = dict(zip((estate.prefix for estate in estates), TABLE, strict=True))
        wrong = {
            names.get(prefix, "nobody's"): (found.get(prefix), expected.get(prefix))
            for prefix in found.keys() | expected.keys()
            if found.get(prefix) != expected.get(prefix)
        }
        pytest.fail(f"found and expected: {json.dumps(wrong, indent=1)}")
    assert await scenario_pipeline.dead_letters() == 0
