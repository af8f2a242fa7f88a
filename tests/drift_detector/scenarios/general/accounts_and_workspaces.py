"""Which resource a call names: several in one call, workspaces, accounts, regions, modules, count and for_each."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import OPEN, other, resize, web
from tests.drift_detector.playbook import ACCOUNT, REGION, Step, called, wrote
from tests.drift_detector.scenarios.builders import (
    OTHER_ACCOUNT,
    OTHER_REGION,
    Scenarios,
    allow,
    arn,
    deleted,
    items,
    modified,
    placed,
    policy,
    text,
)
from tests.drift_detector.scenarios.general.attribute_values import database, function, role
from tests.ingest_tfstate.states import AWS

DB = "aws_db_instance.main"
AWAY: dict[str, Any] = {"recipientaccountid": OTHER_ACCOUNT, "user.accountid": OTHER_ACCOUNT}
# Another name in each estate of the shared pipeline: what tells no account would be met by the calls of them all.
INLINE = f"inline-{ACCOUNT}"


def instance(number: int, **changes: Any) -> dict[str, Any]:
    """The attributes of an instance."""
    identity = f"i-{number}"
    return {
        "id": identity,
        "arn": arn("ec2", f"instance/{identity}"),
        "instance_type": "t3.micro",
        "tags": {},
        **changes,
    }


def fleet(keys: dict[str | int, int], module: str | None = None) -> dict[str, Any]:
    """Instances of one resource: their numbers by key."""
    return placed(
        "aws_instance.fleet", module=module, instances={key: instance(number) for key, number in keys.items()}
    )


def resized(number: int, to: str = "m5.large", **more: Any) -> Step:
    """Somebody resizes one of them."""
    request = {"instanceId": f"i-{number}", "instanceType": {"value": to}}
    return called(5, "ec2:ModifyInstanceAttribute", request, **more)


def terminated(*numbers: int) -> Step:
    """Somebody terminates several at once."""
    return called(
        5,
        "ec2:TerminateInstances",
        {"instancesSet": items(*({"instanceId": f"i-{number}"} for number in numbers))},
        response={
            "instancesSet": items(
                *(
                    {"instanceId": f"i-{number}", "currentState": {"code": 32, "name": "shutting-down"}}
                    for number in numbers
                )
            )
        },
    )


def _resized(address: str) -> str:
    return modified(address, "instance_type", "t3.micro", "m5.large")


def parameter(name: str) -> dict[str, Any]:
    """A parameter."""
    return placed(f"aws_ssm_parameter.{name}", id=f"/{name}", name=f"/{name}", arn=arn("ssm", f"parameter/{name}"))


def inline(name: str, **block: Any) -> dict[str, Any]:
    """A policy within the role `app`, which tells no account itself."""
    document = text(policy(allow()))
    address = f"aws_iam_role_policy.{name}"
    return placed(address, id=f"app:{INLINE}", name=INLINE, role="app", policy=document) | block


def allowed_all() -> Step:
    """Somebody lets the role do everything."""
    request = {"roleName": "app", "policyName": INLINE, "policyDocument": text(policy(allow("*")))}
    return called(5, "iam:PutRolePolicy", request)


def allowed(address: str, end: str = "open") -> str:
    """The drift of that."""
    return modified(address, "policy", text(policy(allow())), text(policy(allow("*"))), end=end)


SCENARIOS: Scenarios = {
    # ---- Several in one call
    "three instances terminated in one call are three drifts": (
        [wrote(0, fleet({0: 1, 1: 2, 2: 3})), terminated(1, 2, 3)],
        [deleted(f"aws_instance.fleet[{index}]", f"i-{index + 1}") for index in range(3)],
    ),
    "two managed instances of three in one call are two drifts": (
        [wrote(0, fleet({0: 1, 1: 2})), terminated(1, 2, 7)],
        [deleted(f"aws_instance.fleet[{index}]", f"i-{index + 1}") for index in range(2)],
    ),
    "three unmanaged instances in one call are no drift": ([wrote(0, fleet({0: 1})), terminated(7, 8, 9)], []),
    "one managed parameter of two in one call is one drift": (
        [
            wrote(0, parameter("a"), parameter("b")),
            called(
                5,
                "ssm:DeleteParameters",
                {"names": ["/a", "/z"]},
                response={"deletedParameters": ["/a"], "invalidParameters": ["/z"]},
            ),
        ],
        [deleted("aws_ssm_parameter.a", "/a")],
    ),
    "a parameter that the response lists as not deleted is no drift": (
        [
            wrote(0, parameter("a")),
            called(
                5,
                "ssm:DeleteParameters",
                {"names": ["/a"]},
                response={"deletedParameters": [], "invalidParameters": ["/a"]},
            ),
        ],
        [],
    ),
    # ---- Addresses
    "a call on one instance of a count is a drift of that instance": (
        [wrote(0, fleet({0: 1, 1: 2})), resized(2)],
        [_resized("aws_instance.fleet[1]")],
    ),
    "a call on one instance of a for_each is a drift of that instance": (
        [wrote(0, fleet({"blue": 1, "green": 2})), resized(1)],
        [_resized('aws_instance.fleet["blue"]')],
    ),
    "a call on a resource in a module is a drift of it": (
        [wrote(0, fleet({0: 1}, module="module.app")), resized(1)],
        [_resized("module.app.aws_instance.fleet[0]")],
    ),
    "a call on a resource in nested modules with keys is a drift of it": (
        [wrote(0, fleet({"a.b": 1}, module='module.env["eu"].module.app[0]')), resized(1)],
        [_resized('module.env["eu"].module.app[0].aws_instance.fleet["a.b"]')],
    ),
    "the other instances of a count do not drift": ([wrote(0, fleet({0: 1, 1: 2})), resized(2, "t3.micro")], []),
    "a data source is not managed": (
        [wrote(0, other(), web() | {"mode": "data"}), resize(5, "m5.large")],
        [],
    ),
    "a deposed instance is not managed": (
        [
            wrote(
                0,
                {
                    **web(),
                    "instances": [
                        {"schema_version": 1, "attributes": instance(2)},
                        {"schema_version": 1, "deposed": "0a1b2c3d", "attributes": instance(1)},
                    ],
                },
            ),
            resized(1),
        ],
        [],
    ),
    # ---- Workspaces
    "a resource in two workspaces drifts in both": (
        [wrote(0, web()), wrote(1, web(), workspace="copy"), resize(5, "m5.large")],
        [OPEN, OPEN],
    ),
    "a resource in two workspaces drifts where the value differs": (
        [wrote(0, web()), wrote(1, web(instance_type="m5.large"), workspace="copy"), resize(5, "m5.large")],
        [OPEN],
    ),
    "one address in two workspaces is two resources": (
        [wrote(0, web()), wrote(1, web(id="i-2", arn=arn("ec2", "instance/i-2")), workspace="copy"), resized(2)],
        [_resized("aws_instance.web")],
    ),
    "a refresh of one workspace leaves the other's drift open": (
        [
            wrote(0, web()),
            wrote(1, web(), workspace="copy"),
            resize(5, "m5.large"),
            wrote(9, web(instance_type="m5.large"), workspace="copy"),
        ],
        [OPEN, modified("aws_instance.web", "instance_type", "t3.micro", "m5.large", end="absorbed")],
    ),
    "a security group in two workspaces with separate rules": (
        [
            wrote(0, role(name="shared", id="shared", arn=arn("iam", "role/shared"))),
            wrote(
                1,
                placed(
                    "aws_iam_role_policy_attachment.a",
                    id="shared-1",
                    role="shared",
                    policy_arn="arn:aws:iam::aws:policy/A",
                ),
                workspace="copy",
            ),
            called(5, "iam:DetachRolePolicy", {"roleName": "shared", "policyArn": "arn:aws:iam::aws:policy/A"}),
        ],
        [deleted("aws_iam_role_policy_attachment.a", "shared-1")],
    ),
    # ---- Accounts and regions
    "a role of the same name in another account": (
        [wrote(0, role()), called(5, "iam:UpdateRole", {"roleName": "app", "maxSessionDuration": 7200}, **AWAY)],
        [],
    ),
    "of two accounts with equal names, the account of the call is meant": (
        [
            wrote(0, role()),
            wrote(
                1, role(arn=arn("iam", "role/app", account=OTHER_ACCOUNT), max_session_duration=1800), workspace="copy"
            ),
            called(5, "iam:UpdateRole", {"roleName": "app", "maxSessionDuration": 7200}, **AWAY),
        ],
        [modified("aws_iam_role.app", "max_session_duration", 1800, 7200)],
    ),
    "a caller of another account changes a managed resource": (
        [wrote(0, web()), resize(5, "m5.large", **{"user.accountid": OTHER_ACCOUNT})],
        [OPEN],
    ),
    "a database of the same name in another region": (
        [
            wrote(0, database()),
            called(5, "rds:ModifyDBInstance", {"dBInstanceIdentifier": "main", "multiAZ": True}, region=OTHER_REGION),
        ],
        [],
    ),
    "of two regions with equal names, the region of the call is meant": (
        [
            wrote(
                0,
                database(),
                placed(
                    "aws_db_instance.west",
                    id="db-WEST",
                    identifier="main",
                    arn=arn("rds", "db:main", region=OTHER_REGION),
                    multi_az=False,
                ),
            ),
            called(5, "rds:ModifyDBInstance", {"dBInstanceIdentifier": "main", "multiAZ": True}, region=OTHER_REGION),
        ],
        [modified("aws_db_instance.west", "multi_az", False, True)],
    ),
    "a resource records its region since provider 6": (
        [
            wrote(
                0,
                function(arn=None, region=OTHER_REGION),
                database(),
            ),
            called(5, "lambda:UpdateFunctionConfiguration20150331v2", {"functionName": "app", "timeout": 60}),
        ],
        [],
    ),
    "the ARN in a call decides the region, not the call's own region": (
        [
            wrote(0, function(arn=arn("lambda", "function:app", region=OTHER_REGION))),
            called(
                5,
                "lambda:UpdateFunctionConfiguration20150331v2",
                {"functionName": arn("lambda", "function:app", region=OTHER_REGION), "timeout": 60},
                region=REGION,
            ),
        ],
        [modified("aws_lambda_function.app", "timeout", 30, 60)],
    ),
    "the ARN in a call decides the account": (
        [
            wrote(0, function()),
            called(
                5,
                "lambda:UpdateFunctionConfiguration20150331v2",
                {"functionName": arn("lambda", "function:app", account=OTHER_ACCOUNT), "timeout": 60},
            ),
        ],
        [],
    ),
    "a state without an account matches the name in the call": (
        [
            wrote(0, placed("aws_instance.lone", id="i-lone", instance_type="t3.micro")),
            called(5, "ec2:ModifyInstanceAttribute", {"instanceId": "i-lone", "instanceType": {"value": "m5.large"}}),
        ],
        [_resized("aws_instance.lone")],
    ),
    "a resource without an account takes that of its workspace": (
        [
            wrote(0, placed("aws_instance.lone", id="i-lone2", instance_type="t3.micro"), role()),
            called(
                5,
                "ec2:ModifyInstanceAttribute",
                {"instanceId": "i-lone2", "instanceType": {"value": "m5.large"}},
                **AWAY,
            ),
        ],
        [],
    ),
    "a rule that targets another account and region belongs to the account of the rule": (
        [
            wrote(
                0,
                role(),
                database(),
                placed(
                    "aws_cloudwatch_event_target.all",
                    id="all-bus",
                    rule="all",
                    target_id="bus",
                    event_bus_name="default",
                    arn=arn("events", "event-bus/all", region=OTHER_REGION, account=OTHER_ACCOUNT),
                ),
            ),
            called(
                5,
                "events:RemoveTargets",
                {"rule": "all", "ids": ["bus"]},
                response={"failedEntryCount": 0, "failedEntries": []},
            ),
        ],
        [deleted("aws_cloudwatch_event_target.all", "all-bus")],
    ),
    "of two equal names, the resource with a known account is meant": (
        [wrote(0, role(), inline("ours")), wrote(1, inline("theirs"), workspace="copy"), allowed_all()],
        [allowed("aws_iam_role_policy.ours")],
    ),
    "a drift is withdrawn when a resource with a known account takes its name": (
        [wrote(0, inline("theirs"), workspace="copy"), allowed_all(), wrote(1, role(), inline("ours"))],
        [allowed("aws_iam_role_policy.ours"), allowed("aws_iam_role_policy.theirs", end="absorbed")],
    ),
    "a destroyed resource with a known account is not meant": (
        [
            wrote(0, role(), inline("ours")),
            wrote(1, role()),
            wrote(2, inline("theirs"), workspace="copy"),
            allowed_all(),
        ],
        [allowed("aws_iam_role_policy.theirs")],
    ),
    "a resource without an account is in one of its workspace's accounts": (
        [
            wrote(0, database()),
            wrote(
                1,
                role(arn=arn("iam", "role/app", account=OTHER_ACCOUNT)),
                inline("theirs", provider=f"{AWS}.us"),
                workspace="copy",
            ),
            allowed_all(),
        ],
        [],
    ),
    "a drift is withdrawn when its workspace turns out to be of another account": (
        [
            wrote(0, database()),
            wrote(1, inline("theirs", provider=f"{AWS}.us"), workspace="copy"),
            allowed_all(),
            wrote(
                6,
                inline("theirs", provider=f"{AWS}.us"),
                role(arn=arn("iam", "role/app", account=OTHER_ACCOUNT)),
                workspace="copy",
            ),
        ],
        [allowed("aws_iam_role_policy.theirs", end="absorbed")],
    ),
    "calls in an account without a state are no drift": (
        [
            wrote(0, web()),
            called(5, "iam:CreateUser", {"userName": "eve"}, **AWAY),
        ],
        [],
    ),
    # ---- Who is named how
    "a secret deleted by its name is found by the response": (
        [
            wrote(
                0,
                placed(
                    "aws_secretsmanager_secret.token",
                    id=arn("secretsmanager", "secret:token-AbCdEf"),
                    arn=arn("secretsmanager", "secret:token-AbCdEf"),
                    name="token",
                ),
            ),
            called(
                5,
                "secretsmanager:DeleteSecret",
                {"secretId": "token"},
                response={"aRN": arn("secretsmanager", "secret:token-AbCdEf"), "name": "token"},
            ),
        ],
        [deleted("aws_secretsmanager_secret.token", arn("secretsmanager", "secret:token-AbCdEf"))],
    ),
    "another secret with the same prefix is not meant": (
        [
            wrote(
                0,
                placed(
                    "aws_secretsmanager_secret.token",
                    id=arn("secretsmanager", "secret:token-AbCdEf"),
                    arn=arn("secretsmanager", "secret:token-AbCdEf"),
                    name="token",
                ),
            ),
            called(
                5,
                "secretsmanager:DeleteSecret",
                {"secretId": "token2"},
                response={"aRN": arn("secretsmanager", "secret:token2-XyZxYz"), "name": "token2"},
            ),
        ],
        [],
    ),
    "an equal name of another type is not meant": (
        [wrote(0, role(), function()), called(5, "lambda:DeleteFunction20150331", {"functionName": "other"})],
        [],
    ),
    "each call means the type of its service where two types share a name": (
        [wrote(0, role(), function()), called(5, "iam:DeleteRole", {"roleName": "app"})],
        [deleted("aws_iam_role.app", "app")],
    ),
}
