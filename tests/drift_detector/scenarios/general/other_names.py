"""Values that name another resource by its other name: a key by its alias, a role by its unique id."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.playbook import Step, called, resource, wrote
from tests.drift_detector.scenarios.builders import Scenarios, arn, modified, placed, text, trust

KEY, OTHER_KEY = (arn("kms", f"key/{digit}111aaaa-0000-4000-8000-00000000000a") for digit in (1, 2))
URL = "https://sqs.eu-central-1.amazonaws.com/123456789012/jobs"
DEPLOYER, UNIQUE_ID = arn("iam", "role/deployer"), "AROAEXAMPLEDEPLOYER1"


def alias(name: str, key: str) -> dict[str, Any]:
    """An alias of a key."""
    label, own = name.rpartition("/")[2], arn("kms", name)
    target = key.rpartition("/")[2]
    return resource(f"aws_kms_alias.{label}", id=name, name=name, arn=own, target_key_arn=key, target_key_id=target)


def encrypted(by: str) -> dict[str, Any]:
    """A queue under a key."""
    return resource("aws_sqs_queue.jobs", id=URL, url=URL, arn=arn("sqs", "jobs"), name="jobs", kms_master_key_id=by)


def encrypts(by: str) -> Step:
    """Somebody sets the queue's key."""
    return called(5, "sqs:SetQueueAttributes", {"queueUrl": URL, "attributes": {"KmsMasterKeyId": by}})


def trusting(who: str) -> dict[str, Any]:
    """A role with a trust policy."""
    document = text(trust({"AWS": who}))
    return placed("aws_iam_role.app", id="app", name="app", arn=arn("iam", "role/app"), assume_role_policy=document)


def deployer() -> dict[str, Any]:
    """The trusted role."""
    return placed("aws_iam_role.deployer", id="deployer", name="deployer", arn=DEPLOYER, unique_id=UNIQUE_ID)


def trusts(who: str) -> Step:
    """Somebody sets who may take the role."""
    request = {"roleName": "app", "policyDocument": text(trust({"AWS": who}))}
    return called(5, "iam:UpdateAssumeRolePolicy", request)


def _trust_changed(was: str, becomes: str, end: str = "open") -> list[str]:
    documents = (text(trust({"AWS": who})) for who in (was, becomes))
    return [modified("aws_iam_role.app", "assume_role_policy", *documents, end=end)]


SCENARIOS: Scenarios = {
    "the alias of the key that a state names is no drift": (
        [wrote(0, encrypted(KEY), alias("alias/app", KEY)), encrypts("alias/app")],
        [],
    ),
    "the alias of another key is a drift": (
        [wrote(0, encrypted(KEY), alias("alias/app", KEY), alias("alias/other", OTHER_KEY)), encrypts("alias/other")],
        [modified("aws_sqs_queue.jobs", "kms_master_key_id", KEY, "alias/other")],
    ),
    "the key of the alias that a state names is no drift": (
        [wrote(0, encrypted("alias/app"), alias("alias/app", KEY)), encrypts(KEY)],
        [],
    ),
    "an alias may be of a workspace that is seen later": (
        [
            wrote(0, encrypted(KEY)),
            encrypts(arn("kms", "alias/other")),
            wrote(9, alias("alias/other", OTHER_KEY), workspace="keys"),
        ],
        [modified("aws_sqs_queue.jobs", "kms_master_key_id", KEY, arn("kms", "alias/other"))],
    ),
    "the role whose unique id a state has is no drift": (
        [wrote(0, trusting(UNIQUE_ID), deployer()), trusts(DEPLOYER)],
        [],
    ),
    "the unique id of the role that a state names is no drift": (
        [wrote(0, trusting(DEPLOYER), deployer()), trusts(UNIQUE_ID)],
        [],
    ),
    "a drift ends when a state that is seen later shows that nothing changed": (
        [wrote(0, trusting(UNIQUE_ID)), trusts(DEPLOYER), wrote(9, deployer(), workspace="roles")],
        _trust_changed(UNIQUE_ID, DEPLOYER, end="absorbed"),
    ),
    "a unique id that no state knows is another principal": (
        [wrote(0, trusting(UNIQUE_ID)), trusts(DEPLOYER)],
        _trust_changed(UNIQUE_ID, DEPLOYER),
    ),
}
