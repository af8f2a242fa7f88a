"""Real CloudTrail logs and real states through the whole pipeline."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.alerts import event_id
from tests.e2e.estate import resource, state
from tests.pipeline import running


@pytest.fixture(scope="module")
def alerts(corpus: Path) -> list[dict[str, Any]]:
    """Every event of the corpus' logs, reads included, as Falco's cloudtrail plugin would send it."""
    converter = corpus.parent / "tools" / "cloudtrail_to_falco.py"
    spec = importlib.util.spec_from_file_location("cloudtrail_to_falco", converter)
    if not converter.exists() or spec is None or spec.loader is None:
        pytest.skip(f"no {converter} to make alerts of the logs")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = []
    for path in sorted((corpus / "cloudtrail").glob("**/*.json")):
        records = json.loads(path.read_text(encoding="utf-8"))
        found += [module.alert(record) for record in (records["Records"] if isinstance(records, dict) else records)]
    return found


TRAIL_BUCKET = "stratus-red-team-ctes-bucket-qyxyekjbtk"

# Resources that calls in the logs are about, with values that the calls disagree with. First those of attackers:
VICTIMS = [
    resource("aws_cloudtrail", "audit", {"name": "stratus-red-team-ct-stop-trail-buykxbqejv", "enable_logging": True}),
    resource(
        "aws_iam_role",
        "app",
        {
            "id": "stratus-red-team-backdoor-r-role",
            "name": "stratus-red-team-backdoor-r-role",
            "assume_role_policy": "{}",
        },
    ),
    resource(
        "aws_security_group",
        "app",
        {"id": "sg-04cfb7a4712d75b00", "ingress": [{"from_port": 22, "to_port": 22, "protocol": "tcp"}]},
    ),
]
# Terraform's own.
MANAGED = [
    resource("aws_instance", "web", {"id": "i-05c30218156bcc246", "disable_api_termination": True}),
    resource("aws_s3_bucket_policy", "trail", {"id": TRAIL_BUCKET, "bucket": TRAIL_BUCKET, "policy": "{}"}),
    resource(
        "aws_iam_role_policy",
        "inline",
        {
            "id": "stratus-red-team-leave-org-role:inline-policy",
            "role": "stratus-red-team-leave-org-role",
            "name": "inline-policy",
            "policy": "{}",
        },
    ),
]


async def test_the_corpus_goes_through_without_a_failure(
    corpus: Path, alerts: list[dict[str, Any]], tmp_path: Path
) -> None:
    """Each event is on the ledger once, nothing is a dead letter, no log has an error, and Terraform opens no drift."""
    (tmp_path / "own").mkdir()
    with running(
        tmp_path, TFDRIFT_STATE_SOURCES=f"file://{corpus}/tfstate/**/*.tfstate,file://{tmp_path}/own/*.tfstate"
    ) as played:
        played.states = tmp_path / "own"
        await played.ready()
        async with played.stream("?since=1h") as client:
            played.write_state("victims", state(1, *VICTIMS))
            played.write_state("managed", state(1, *MANAGED))
            await client.first("state_change", workspace="victims")
            await client.first("state_change", workspace="managed")
            async for status in played.post_all(alerts):
                assert status == 200
            await played.settled("drift-detector")
        ledger = await played.ledger()
        assert await played.dead_letters() == 0
        logs = {service: played.log_lines(service) for service in played.processes}
    ids = [stored.data["event_id"] for stored in ledger if stored.event == "falco"]
    assert len(ids) == len(set(ids))
    assert set(ids) == {event_id(alert) for alert in alerts}
    workspaces = sum(path.suffix == ".tfstate" for path in (corpus / "tfstate").glob("**/*"))
    refused = [line for line in logs["ingest-tfstate"] if line["event"] == "state_not_taken"]
    assert len([stored for stored in ledger if stored.event == "state_change"]) == workspaces - len(refused) + 2
    for lines in logs.values():
        errors = [line for line in lines if line["level"] not in ("debug", "info") and line not in refused]
        assert errors == []
    drifts = [stored.data for stored in ledger if stored.event == "drift"]
    assert [drift for drift in drifts if drift["user_identity"]["via"] == "terraform"] == []
    assert {drift["event_name"] for drift in drifts if drift["workspace"] == "victims"} == {
        "StopLogging",
        "UpdateAssumeRolePolicy",
        "RevokeSecurityGroupIngress",
    }
    assert [drift for drift in drifts if drift["workspace"] == "managed"] == []
