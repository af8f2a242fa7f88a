"""The life of a drift: refreshed, absorbed, reverted, moved and imported resources, and calls out of order."""

from __future__ import annotations

from tests.drift_detector.correlate.test_lifecycle import GONE, launch, moved_web, other, resize, terminate, web
from tests.drift_detector.playbook import applied, called, wrote
from tests.drift_detector.scenarios.builders import Scenarios, arn, deleted, modified, placed, text, trust, unmanaged
from tests.drift_detector.scenarios.general.attribute_values import DB, alter, database, role
from tests.drift_detector.scenarios.general.tags import pair, tag, tagged
from tests.drift_detector.scenarios.general.terraform_applies import CREATE_ROLE, WEB, _type, new, retyped, second
from tests.drift_detector.scenarios.identity.policy_documents import LAMBDA
from tests.drift_detector.scenarios.network.security_groups import (
    HOME,
    OFFICE,
    SSH,
    authorize,
    block,
    group,
    permission,
    revoke,
)

BATCH = trust({"Service": "batch.amazonaws.com"})

SCENARIOS: Scenarios = {
    "an apply sets a drift back": (
        [wrote(0, web()), resize(5, "m5.large"), resize(8, "t3.micro", act=applied), wrote(9, web())],
        [_type("t3.micro", "m5.large", end="applied")],
    ),
    "an apply closes an opened group": (
        [
            wrote(0, group(SSH)),
            authorize(permission(HOME)),
            revoke(permission(HOME), act=applied, minutes=8),
            wrote(9, group(SSH)),
        ],
        [modified("aws_security_group.web", "ingress", [SSH], [block(cidr_blocks=[OFFICE, HOME])], end="applied")],
    ),
    "a refresh takes several drifts in": (
        [
            wrote(0, database()),
            alter(multiAZ=True, deletionProtection=False),
            wrote(9, database(multi_az=True, deletion_protection=False)),
        ],
        [
            modified(DB, "multi_az", False, True, end="absorbed"),
            modified(DB, "deletion_protection", True, False, end="absorbed"),
        ],
    ),
    "a refresh takes one of two drifts in": (
        [
            wrote(0, database()),
            alter(multiAZ=True, deletionProtection=False),
            wrote(9, database(multi_az=True)),
        ],
        [
            modified(DB, "multi_az", False, True, end="absorbed"),
            modified(DB, "deletion_protection", True, False),
        ],
    ),
    "a drift after a refresh is compared with the new record": (
        [
            wrote(0, web()),
            resize(5, "m5.large"),
            wrote(9, web(instance_type="m5.large")),
            resize(12, "c5.large", by="joe"),
        ],
        [_type("m5.large", "c5.large", end="open", by="joe")],
    ),
    "a configuration that takes over the drifted value absorbs it": (
        [
            wrote(0, web()),
            resize(5, "m5.large"),
            resize(8, "m5.large", act=applied),
            wrote(9, web(instance_type="m5.large")),
        ],
        [_type("t3.micro", "m5.large", end="applied")],
    ),
    "a tag drift that a refresh took in": (
        [wrote(0, tagged({"Env": "prod"})), tag(pair("Env", "dev")), wrote(9, tagged({"Env": "dev"}))],
        [modified(WEB, "tags.Env", "prod", "dev", end="absorbed")],
    ),
    "a drifted resource destroyed by Terraform": (
        [
            wrote(0, web(), other()),
            resize(5, "m5.large"),
            terminate(8, act=applied),
            wrote(9, other()),
        ],
        [_type("t3.micro", "m5.large", end="destroyed")],
    ),
    "a drifted resource taken out of the state": (
        [wrote(0, web(), other()), resize(5, "m5.large"), wrote(9, other())],
        [_type("t3.micro", "m5.large", end="destroyed")],
    ),
    "a resource removed from the state is ignored": (
        [wrote(0, web(), other()), wrote(9, other()), resize(12, "m5.large")],
        [],
    ),
    "a drifted resource replaced by Terraform": (
        [
            wrote(0, web(), other()),
            resize(5, "m5.large"),
            terminate(7, act=applied),
            launch(8, act=applied),
            wrote(9, second(), other()),
        ],
        [_type("t3.micro", "m5.large", end="applied")],
    ),
    "a drift moves with its resource into a module": (
        [
            wrote(0, web(), other()),
            resize(5, "m5.large"),
            wrote(9, web() | {"module": "module.app"}, other()),
        ],
        [modified("module.app.aws_instance.web", "instance_type", "t3.micro", "m5.large")],
    ),
    "a resource moved without a drift has none": ([wrote(0, web(), other()), wrote(9, moved_web(), other())], []),
    "a moved resource drifts under its new name": (
        [wrote(0, web(), other()), wrote(4, moved_web(), other()), resize(5, "m5.large")],
        [modified("aws_instance.renamed", "instance_type", "t3.micro", "m5.large")],
    ),
    "an instance created by hand, imported, then drifting": (
        [
            wrote(0, other()),
            launch(5),
            wrote(9, other(), new()),
            retyped(12, 9, "m5.large"),
        ],
        [
            unmanaged("aws_instance", "i-9", end="absorbed"),
            modified("aws_instance.new", "instance_type", "t3.micro", "m5.large"),
        ],
    ),
    "an import of a resource whose creation was not seen": ([wrote(0, other()), wrote(9, other(), new())], []),
    "a deleted instance that an apply creates again": (
        [
            wrote(0, web(), other()),
            terminate(5),
            launch(8, act=applied),
            wrote(9, second(), other()),
        ],
        [deleted(WEB, "i-1", end="applied")],
    ),
    "a deleted role that an apply creates again": (
        [
            wrote(0, role(assume_role_policy=text(LAMBDA)), other()),
            called(5, "iam:DeleteRole", {"roleName": "app"}),
            applied(8, "iam:CreateRole", CREATE_ROLE),
            wrote(9, role(assume_role_policy=text(LAMBDA)), other()),
        ],
        [deleted("aws_iam_role.app", "app", end="applied")],
    ),
    "a deletion by hand ends the drifts of the attributes": (
        [wrote(0, web(), other()), resize(5, "m5.large"), terminate(8)],
        [_type("t3.micro", "m5.large", end="destroyed"), GONE],
    ),
    "an attribute of a role that was deleted and made again by hand": (
        [
            wrote(0, role(assume_role_policy=text(LAMBDA)), other()),
            called(4, "iam:UpdateAssumeRolePolicy", {"roleName": "app", "policyDocument": text(BATCH)}),
            called(5, "iam:DeleteRole", {"roleName": "app"}),
            called(6, "iam:CreateRole", CREATE_ROLE),
        ],
        [
            modified("aws_iam_role.app", "assume_role_policy", text(LAMBDA), text(BATCH), end="destroyed"),
            deleted("aws_iam_role.app", "app", end="reverted"),
        ],
    ),
    "an instance deleted and another created by hand": (
        [wrote(0, web(), other()), terminate(5), launch(6)],
        [GONE, unmanaged("aws_instance", "i-9")],
    ),
    "a drift, then a deletion": (
        [wrote(0, web(), other()), resize(5, "m5.large"), terminate(8), wrote(9, other())],
        [_type("t3.micro", "m5.large", end="destroyed"), deleted(WEB, "i-1", end="destroyed")],
    ),
    "a role created by hand, deleted, and created by Terraform": (
        [
            wrote(0, other()),
            called(5, "iam:CreateRole", {"roleName": "tmp", "assumeRolePolicyDocument": text(LAMBDA)}),
            called(6, "iam:DeleteRole", {"roleName": "tmp"}, by="joe"),
            applied(8, "iam:CreateRole", {"roleName": "tmp", "assumeRolePolicyDocument": text(LAMBDA)}),
            wrote(
                9,
                other(),
                placed(
                    "aws_iam_role.tmp",
                    id="tmp",
                    name="tmp",
                    arn=arn("iam", "role/tmp"),
                    assume_role_policy=text(LAMBDA),
                ),
            ),
        ],
        [unmanaged("aws_iam_role", "tmp", end="reverted")],
    ),
    # ---- Late and early
    "alerts that come in the wrong order": (
        [wrote(0, web()), resize(7, "t3.micro", by="joe"), resize(5, "m5.large")],
        [_type("t3.micro", "m5.large", end="reverted")],
    ),
    "an old alert does not undo a newer record": (
        [
            wrote(0, web()),
            wrote(9, web(instance_type="m5.large")),
            wrote(12, web(instance_type="c5.large")),
            resize(5, "m5.large", act=applied),
        ],
        [],
    ),
    "a call before the first state, with the value of that state": (
        [resize(5, "m5.large"), wrote(9, web(instance_type="m5.large"))],
        [],
    ),
    "calls of a person before the first state": (
        [called(1, "iam:UpdateRole", {"roleName": "app", "maxSessionDuration": 7200}), wrote(9, role())],
        [modified("aws_iam_role.app", "max_session_duration", 3600, 7200)],
    ),
    "a late alert of a change that was reverted long ago": (
        [
            wrote(0, web()),
            resize(20, "t3.micro", by="joe"),
            wrote(30, web(), other()),
            resize(10, "m5.large"),
        ],
        [_type("t3.micro", "m5.large", end="reverted")],
    ),
    "a late alert about an earlier resource of the same name": (
        [
            wrote(0, other()),
            wrote(9, other(), new()),
            retyped(4, 9, "m5.large"),
        ],
        [],
    ),
}
