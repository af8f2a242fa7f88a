"""Tags: one drift per key; AWS's own tags, default tags, and the tagging calls of each service."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import web
from tests.drift_detector.playbook import Step, applied, called, wrote
from tests.drift_detector.scenarios.builders import Scenarios, arn, deleted, items, modified, placed
from tests.drift_detector.scenarios.general.accounts_and_workspaces import fleet
from tests.drift_detector.scenarios.general.attribute_values import database, function, role

WEB = "aws_instance.web"
KEY_ARN = arn("kms", "key/0a1b2c3d-0000-4000-8000-000000000001")
LB_ARN = arn("elasticloadbalancing", "loadbalancer/app/front/50dc6c495c0c9188")
SECRET_ARN = arn("secretsmanager", "secret:token-AbCdEf")


def tagged(tags: dict[str, str], **defaults: str) -> dict[str, Any]:
    """The instance with tags of its own and default tags of the provider."""
    return web(tags=tags, tags_all=tags | defaults)


def tag(*tags: dict[str, Any], act: Any = called, on: tuple[str, ...] = ("i-1",), minutes: int = 5) -> Step:
    """Somebody tags instances."""
    resources = items(*({"resourceId": one} for one in on))
    step: Step = act(minutes, "ec2:CreateTags", {"resourcesSet": resources, "tagSet": items(*tags)})
    return step


def untag(*tags: dict[str, Any], minutes: int = 5) -> Step:
    """Somebody takes tags off the instance."""
    request = {"resourcesSet": items({"resourceId": "i-1"}), "tagSet": items(*tags)}
    return called(minutes, "ec2:DeleteTags", request)


def key(**tags: str) -> dict[str, Any]:
    """A key with tags."""
    identity = KEY_ARN.rpartition("/")[2]
    return placed("aws_kms_key.main", id=identity, key_id=identity, arn=KEY_ARN, tags=tags, tags_all=tags)


def pair(key: str, value: Any) -> dict[str, Any]:
    """A tag as EC2's log has it."""
    return {"key": key, "value": value}


def bucket(**tags: str) -> dict[str, Any]:
    """A bucket with tags."""
    return placed(
        "aws_s3_bucket.logs",
        id="acme-logs",
        bucket="acme-logs",
        arn="arn:aws:s3:::acme-logs",
        region="eu-central-1",
        tags=tags,
        tags_all=tags,
    )


def retag(*tags: dict[str, str], minutes: int = 5) -> Step:
    """Somebody puts the bucket's tags; the log has one tag as the tag, several as a list."""
    body = {"Tagging": {"TagSet": {"Tag": tags[0] if len(tags) == 1 else list(tags)}}}
    return called(minutes, "s3:PutBucketTagging", {"bucketName": "acme-logs", "tagging": "", **body})


def s3(key: str, value: str) -> dict[str, str]:
    """A tag as S3's log has it."""
    return {"Key": key, "Value": value}


def balancer(**changes: Any) -> dict[str, Any]:
    """A load balancer."""
    attributes: dict[str, Any] = {
        "id": LB_ARN,
        "arn": LB_ARN,
        "name": "front",
        "security_groups": ["sg-1", "sg-2"],
        "enable_deletion_protection": True,
        "enable_http2": True,
        "idle_timeout": 60,
        "access_logs": [{"bucket": "", "enabled": False, "prefix": ""}],
        "tags": {},
        "tags_all": {},
    }
    return placed("aws_lb.front", **(attributes | changes))


SCENARIOS: Scenarios = {
    "a tag set to its own value is no drift": ([wrote(0, tagged({"Env": "prod"})), tag(pair("Env", "prod"))], []),
    "a default tag set to its own value is no drift": (
        [wrote(0, tagged({"Env": "prod"}, Owner="core")), tag(pair("Owner", "core"))],
        [],
    ),
    "another value of a default tag is a drift": (
        [wrote(0, tagged({"Env": "prod"}, Owner="core")), tag(pair("Owner", "joe"))],
        [modified(WEB, "tags.Owner", "core", "joe")],
    ),
    "a default tag removed is a drift": (
        [wrote(0, tagged({"Env": "prod"}, Owner="core")), untag({"key": "Owner"})],
        [modified(WEB, "tags.Owner", "core", None)],
    ),
    "a default tag that Terraform adds is no drift": (
        [
            wrote(0, tagged({"Env": "prod"})),
            tag(pair("Owner", "core"), act=applied),
            wrote(6, tagged({"Env": "prod"}, Owner="core")),
        ],
        [],
    ),
    "tags that AWS sets are ignored": (
        [wrote(0, tagged({})), tag(pair("aws:cloudformation:stack-name", "s"), pair("aws:autoscaling:groupName", "g"))],
        [],
    ),
    "a tag removed that was not there is no drift": ([wrote(0, tagged({})), untag({"key": "Env"})], []),
    "a tag removed together with its value is a drift": (
        [wrote(0, tagged({"Env": "prod"})), untag(pair("Env", "prod"))],
        [modified(WEB, "tags.Env", "prod", None)],
    ),
    "a tag that the log writes as a boolean equals its text": (
        [wrote(0, tagged({"Backup": "true"})), tag(pair("Backup", True))],
        [],
    ),
    "a tag that the log writes as a number equals its text": (
        [wrote(0, tagged({"Port": "8080"})), tag(pair("Port", 8080))],
        [],
    ),
    "a tag's case matters": (
        [wrote(0, tagged({"Env": "prod"})), tag(pair("env", "prod"))],
        [modified(WEB, "tags.env", None, "prod")],
    ),
    "a tag's value in another case is a drift": (
        [wrote(0, tagged({"Env": "prod"})), tag(pair("Env", "Prod"))],
        [modified(WEB, "tags.Env", "prod", "Prod")],
    ),
    "an empty tag set to its own value is no drift": ([wrote(0, tagged({"Flag": ""})), tag(pair("Flag", ""))], []),
    "an empty tag removed is a drift": (
        [wrote(0, tagged({"Flag": ""})), untag({"key": "Flag"})],
        [modified(WEB, "tags.Flag", "", None)],
    ),
    "a tag's name may contain any character": (
        [wrote(0, tagged({"acme.io/cost centre": "1"})), tag(pair("acme.io/cost centre", "2"))],
        [modified(WEB, 'tags["acme.io/cost centre"]', "1", "2")],
    ),
    "a tag set and removed again is reverted": (
        [wrote(0, tagged({})), tag(pair("New", "x")), untag({"key": "New"}, minutes=6)],
        [modified(WEB, "tags.New", None, "x", end="reverted")],
    ),
    "a call that tags a managed and an unmanaged resource is one drift": (
        [wrote(0, fleet({"a": 1, "b": 2})), tag(pair("New", "x"), on=("i-1", "i-7", "i-2"))],
        [modified(f'aws_instance.fleet["{key}"]', "tags.New", None, "x") for key in "ab"],
    ),
    "a tag of an unmanaged resource is ignored": ([wrote(0, web()), tag(pair("New", "x"), on=("vol-9",))], []),
    "a tag may be a resource of its own": (
        [
            wrote(0, web(), placed("aws_ec2_tag.owner", id="i-1,Owner", resource_id="i-1", key="Owner", value="core")),
            tag(pair("Owner", "joe")),
        ],
        [modified("aws_ec2_tag.owner", "value", "core", "joe")],
    ),
    "a tag that is a resource of its own may be deleted": (
        [
            wrote(0, web(), placed("aws_ec2_tag.owner", id="i-1,Owner", resource_id="i-1", key="Owner", value="core")),
            untag({"key": "Owner"}),
        ],
        [deleted("aws_ec2_tag.owner", "i-1,Owner")],
    ),
    # ---- Other services
    "a function is tagged with a map": (
        [
            wrote(0, function()),
            called(
                5,
                "lambda:TagResource20170331v2",
                {"resource": arn("lambda", "function:app"), "tags": {"Env": "dev", "StratusRedTeam": "true"}},
            ),
        ],
        [
            modified("aws_lambda_function.app", "tags.Env", "prod", "dev"),
            modified("aws_lambda_function.app", "tags.StratusRedTeam", None, "true"),
        ],
    ),
    "a function's tag set to its value is no drift": (
        [
            wrote(0, function()),
            called(
                5, "lambda:TagResource20170331v2", {"resource": arn("lambda", "function:app"), "tags": {"Env": "prod"}}
            ),
        ],
        [],
    ),
    "a function's tag is removed": (
        [
            wrote(0, function()),
            called(
                5, "lambda:UntagResource20170331v2", {"resource": arn("lambda", "function:app"), "tagKeys": ["Env"]}
            ),
        ],
        [modified("aws_lambda_function.app", "tags.Env", "prod", None)],
    ),
    "a database's tag is changed": (
        [
            wrote(0, database(tags={"Env": "prod"}, tags_all={"Env": "prod"})),
            called(5, "rds:AddTagsToResource", {"resourceName": arn("rds", "db:main"), "tags": [pair("Env", "dev")]}),
        ],
        [modified("aws_db_instance.main", "tags.Env", "prod", "dev")],
    ),
    "removing a tag that a database does not have is no drift": (
        [
            wrote(0, database(tags={}, tags_all={})),
            called(5, "rds:RemoveTagsFromResource", {"resourceName": arn("rds", "db:main"), "tagKeys": ["Env"]}),
        ],
        [],
    ),
    "a key's tag is changed, named by its id": (
        [
            wrote(0, key(Env="prod")),
            called(
                5,
                "kms:TagResource",
                {"keyId": KEY_ARN.rpartition("/")[2], "tags": [{"tagKey": "Env", "tagValue": "dev"}]},
            ),
        ],
        [modified("aws_kms_key.main", "tags.Env", "prod", "dev")],
    ),
    "a key's tag is set as it is, named by its ARN": (
        [
            wrote(0, key(Env="prod")),
            called(5, "kms:TagResource", {"keyId": KEY_ARN, "tags": [{"tagKey": "Env", "tagValue": "prod"}]}),
        ],
        [],
    ),
    "a role's tags are set to their own values are no drift": (
        [
            wrote(0, role(tags={"Env": "prod"}, tags_all={"Env": "prod"})),
            called(5, "iam:TagRole", {"roleName": "app", "tags": [pair("Env", "prod")]}),
        ],
        [],
    ),
    "a role's tag is changed": (
        [
            wrote(0, role(tags={"Env": "prod"}, tags_all={"Env": "prod"})),
            called(5, "iam:TagRole", {"roleName": "app", "tags": [pair("Env", "dev")]}),
        ],
        [modified("aws_iam_role.app", "tags.Env", "prod", "dev")],
    ),
    "a load balancer's tag is set": (
        [
            wrote(0, balancer()),
            called(5, "elasticloadbalancing:AddTags", {"resourceArns": [LB_ARN], "tags": [pair("Env", "dev")]}),
        ],
        [modified("aws_lb.front", "tags.Env", None, "dev")],
    ),
    "a secret's tag is set, named by its ARN": (
        [
            wrote(0, placed("aws_secretsmanager_secret.token", id=SECRET_ARN, arn=SECRET_ARN, name="token", tags={})),
            called(5, "secretsmanager:TagResource", {"secretId": SECRET_ARN, "tags": [pair("Env", "dev")]}),
        ],
        [modified("aws_secretsmanager_secret.token", "tags.Env", None, "dev")],
    ),
    "a queue's tag set to its value is no drift": (
        [
            wrote(
                0,
                placed(
                    "aws_sqs_queue.jobs",
                    id="https://sqs.eu-central-1.amazonaws.com/123456789012/jobs",
                    arn=arn("sqs", "jobs"),
                    tags={"Env": "prod"},
                ),
            ),
            called(
                5,
                "sqs:TagQueue",
                {"queueUrl": "https://sqs.eu-central-1.amazonaws.com/123456789012/jobs", "tags": {"Env": "prod"}},
            ),
        ],
        [],
    ),
    # ---- A bucket's tags are put as a whole
    "a bucket's tags put unchanged are no drift": (
        [wrote(0, bucket(Env="prod", Owner="core")), retag(s3("Owner", "core"), s3("Env", "prod"))],
        [],
    ),
    "a bucket's tag that is left out is removed": (
        [wrote(0, bucket(Env="prod", Owner="core")), retag(s3("Env", "dev"))],
        [
            modified("aws_s3_bucket.logs", "tags.Env", "prod", "dev"),
            modified("aws_s3_bucket.logs", "tags.Owner", "core", None),
        ],
    ),
    "a bucket's tag that was added by hand is left out again": (
        [
            wrote(0, bucket(Env="prod")),
            retag(s3("Env", "prod"), s3("Owner", "core")),
            retag(s3("Env", "prod"), minutes=7),
        ],
        [modified("aws_s3_bucket.logs", "tags.Owner", None, "core", end="reverted")],
    ),
    "a bucket's tags are all removed": (
        [
            wrote(0, bucket(Env="prod", Owner="core")),
            called(5, "s3:DeleteBucketTagging", {"bucketName": "acme-logs", "tagging": ""}),
        ],
        [
            modified("aws_s3_bucket.logs", "tags.Env", "prod", None),
            modified("aws_s3_bucket.logs", "tags.Owner", "core", None),
        ],
    ),
    "removing the tags of a bucket without tags is no drift": (
        [wrote(0, bucket()), called(5, "s3:DeleteBucketTagging", {"bucketName": "acme-logs", "tagging": ""})],
        [],
    ),
}
