"""The rules: which severity, what is ignored, who is sanctioned, and what happens to an invalid file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from drift_detector.errors import RulesError
from drift_detector.rules.evaluate import Disagreement, ignored_by, severity_of
from drift_detector.rules.format import Rules, ValueTest, parse_rules
from drift_detector.rules.load import load_rules
from tests.drift_detector.correlate.test_lifecycle import OPEN, resize, web
from tests.drift_detector.playbook import RULES, TERRAFORM, World, wrote
from tfdrift.events import DriftKind, UserIdentity, Via
from tfdrift.harness import ConfigurationError
from tfdrift.severity import Severity

BASE = Disagreement(
    resource_type="aws_instance",
    attribute="instance_type",
    kind=DriftKind.MODIFIED,
    event_name="ModifyInstanceAttribute",
    workspace="prod",
    actor=UserIdentity(user_name="jane", via=Via.CLI),
    old="t3.micro",
    new="m5.large",
)
OPEN_POLICY = '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"}]}'
NARROWED = (
    '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*",'
    '"Condition":{"StringEquals":{"aws:SourceVpce":"vpce-1"}}}]}'
)
EVERYTHING = '{"Statement":{"Effect":"Allow","Action":["*"],"Resource":"*"}}'


def judged(resource_type: str, attribute: str | None, old: Any, new: Any, **more: Any) -> Disagreement:
    """A disagreement to judge."""
    return replace(BASE, resource_type=resource_type, attribute=attribute, old=old, new=new, **more)


def rule(cidr: str, port: int = 22) -> dict[str, Any]:
    """A security group's rule as a state has it."""
    return {"protocol": "tcp", "from_port": port, "to_port": port, "cidr_blocks": [cidr]}


CONTAINER = "spec[0].template[0].spec[0].container[0]"

EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"
GRADED = [
    (BASE, Severity.MEDIUM),
    (judged("aws_security_group", "ingress", [], [rule("0.0.0.0/0")]), Severity.CRITICAL),
    (judged("aws_security_group", "ingress", [], [rule("10.0.0.0/8")]), Severity.HIGH),
    (
        judged("aws_security_group", "ingress", [rule("0.0.0.0/0", 443)], [rule("0.0.0.0/0", 443), rule("10.0.0.0/8")]),
        Severity.HIGH,
    ),
    (judged("aws_security_group_rule", "cidr_blocks", ["10.0.0.0/8"], ["::/0"]), Severity.CRITICAL),
    (judged("aws_ec2_managed_prefix_list", "entry", [], [{"cidr": "0.0.0.0/0"}]), Severity.CRITICAL),
    (judged("aws_default_network_acl", "ingress", None, [{"cidr_block": "0.0.0.0/0"}]), Severity.CRITICAL),
    (judged("aws_internet_gateway_attachment", None, None, "igw-9/vpc-1", kind=DriftKind.UNMANAGED), Severity.HIGH),
    (judged("aws_ami_launch_permission", None, None, "ami-1/all", kind=DriftKind.UNMANAGED), Severity.HIGH),
    (judged("aws_ebs_snapshot_block_public_access", "state", "block-all-sharing", "unblocked"), Severity.HIGH),
    (judged("aws_s3_bucket_policy", "policy", None, OPEN_POLICY), Severity.CRITICAL),
    (judged("aws_s3_bucket_policy", "policy", None, NARROWED), Severity.HIGH),
    (judged("aws_s3_bucket", "grant", [{"type": "Owner"}], [{"type": "Owner"}, {"uri": EVERYBODY}]), Severity.CRITICAL),
    (judged("aws_s3_bucket", "grant", [{"uri": EVERYBODY}], [{"uri": EVERYBODY}, {"id": "c0ffee"}]), Severity.MEDIUM),
    (judged("aws_s3_bucket", "acl", "private", "public-read-write"), Severity.CRITICAL),
    (judged("aws_s3_bucket_acl", "acl", "public-read", "private"), Severity.MEDIUM),
    (
        judged("aws_s3_bucket_acl", "access_control_policy[0].grant", [], [{"grantee": [{"uri": EVERYBODY}]}]),
        Severity.CRITICAL,
    ),
    (judged("aws_iam_role_policy", "policy", None, EVERYTHING), Severity.CRITICAL),
    (
        judged("aws_iam_role", "managed_policy_arns", [], ["arn:aws:iam::aws:policy/AdministratorAccess"]),
        Severity.CRITICAL,
    ),
    (judged("aws_iam_role", "managed_policy_arns", [], ["arn:aws:iam::aws:policy/ReadOnlyAccess"]), Severity.HIGH),
    (judged("aws_cloudtrail", "enable_logging", True, False), Severity.CRITICAL),
    (judged("aws_cloudtrail", "enable_logging", False, True), Severity.MEDIUM),
    (judged("aws_db_instance", "publicly_accessible", "false", "true"), Severity.CRITICAL),
    (judged("aws_db_instance", "deletion_protection", True, False), Severity.HIGH),
    (judged("aws_instance", "tags.Env", "prod", "dev"), Severity.LOW),
    (judged("aws_instance", 'tags["a.b"]', "prod", "dev"), Severity.LOW),
    (judged("aws_instance", "*", None, None), Severity.LOW),
    (judged("aws_iam_role", "*", None, None), Severity.HIGH),
    (judged("aws_instance", None, "i-1", None, kind=DriftKind.DELETED), Severity.HIGH),
    (judged("google_compute_firewall", "source_ranges", ["10.0.0.0/8"], ["0.0.0.0/0"]), Severity.CRITICAL),
    (judged("azurerm_network_security_rule", "source_address_prefix", "10.0.0.0/8", "*"), Severity.CRITICAL),
    (judged("azurerm_network_security_rule", "priority", 100, 200), Severity.HIGH),
    (
        judged("google_project_iam_member", None, None, {"member": "allusers"}, kind=DriftKind.UNMANAGED),
        Severity.CRITICAL,
    ),
    (judged("google_storage_bucket_iam_binding", "members", [], ["allUsers"]), Severity.CRITICAL),
    (judged("google_storage_bucket_iam_binding", "members", ["allUsers"], ["allUsers", "user:a"]), Severity.HIGH),
    (judged("google_logging_project_sink", "exclusions", [], [{"filter": "*"}]), Severity.CRITICAL),
    (judged("google_compute_instance", "labels", {"env": "prod"}, {}), Severity.LOW),
    (judged("google_compute_instance", "tags", ["http"], ["http", "ssh"]), Severity.MEDIUM),
    (judged("google_compute_instance", "metadata.ssh-keys", None, None), Severity.HIGH),
    (
        judged("azurerm_network_security_group", "security_rule", [], [{"source_address_prefix": "*"}]),
        Severity.CRITICAL,
    ),
    (judged("kubernetes_deployment", f"{CONTAINER}.security_context[0].privileged", None, True), Severity.CRITICAL),
    (judged("kubernetes_deployment", f"{CONTAINER}.security_context[0].privileged", True, False), Severity.MEDIUM),
    (judged("kubernetes_deployment", "spec[0].volume.root.host_path[0].path", None, "/"), Severity.CRITICAL),
    (
        judged("kubernetes_namespace_v1", 'metadata[0].labels["pod-security.kubernetes.io/enforce"]', "a", "b"),
        Severity.HIGH,
    ),
    (judged("kubernetes_cluster_role_binding", "subject", [], [{"name": "eve"}]), Severity.HIGH),
    (judged("kubernetes_deployment", "spec[0].replicas", 2, 3), Severity.MEDIUM),
    (judged("aws_db_instance", None, "db", None, kind=DriftKind.DELETED), Severity.CRITICAL),
    (judged("aws_instance", None, None, "i-9", kind=DriftKind.UNMANAGED), Severity.LOW),
    (judged("aws_lambda_permission", None, None, {"statement_id": "x"}, kind=DriftKind.UNMANAGED), Severity.HIGH),
    (judged("aws_ecr_repository_policy", None, None, {"repository": "x"}, kind=DriftKind.UNMANAGED), Severity.HIGH),
    (judged("aws_cloudwatch_log_subscription_filter", None, None, {}, kind=DriftKind.UNMANAGED), Severity.HIGH),
    (judged("aws_organizations_organization", "enabled_policy_types", ["SCP"], []), Severity.HIGH),
    (judged("aws_guardduty_filter", None, None, {"name": "quiet"}, kind=DriftKind.UNMANAGED), Severity.HIGH),
    (judged("aws_kms_external_key", None, "k", None, kind=DriftKind.DELETED), Severity.CRITICAL),
]


@pytest.mark.parametrize(("disagreement", "severity"), GRADED)
def test_the_shipped_rules_grade(disagreement: Disagreement, severity: Severity) -> None:
    """What opens the door to the world or blinds the watch is critical; a tag is not."""
    assert severity_of(RULES, disagreement)[0] is severity


def test_something_that_a_service_changed_is_ignored_and_nothing_else_of_it() -> None:
    """Nobody can say what it is, and a service tends what it manages all day."""
    by_service = UserIdentity(via=Via.SERVICE)
    assert ignored_by(RULES, judged("aws_eks_addon", "*", None, None)) is None
    assert ignored_by(RULES, judged("aws_eks_addon", "*", None, None, actor=by_service)) is not None
    assert ignored_by(RULES, judged("aws_eks_addon", "addon_version", "a", "b", actor=by_service)) is None


def test_every_matching_rule_is_named() -> None:
    """An operator reads which rules raised a severity."""
    opened = judged("aws_security_group", "ingress", [], [rule("0.0.0.0/0")])
    assert severity_of(RULES, opened)[1] == ("open-to-the-world", "security-group-rule")


def test_scaling_by_the_service_is_ignored_and_by_a_person_is_not() -> None:
    """An autoscaler may scale; a hand that does is drift, and so is one that has CloudFormation do it."""
    scaled = judged("aws_autoscaling_group", "desired_capacity", 2, 5)
    service = replace(scaled, actor=UserIdentity(user_name="autoscaling", via=Via.SERVICE))
    assert ignored_by(RULES, replace(service, service="autoscaling.amazonaws.com")) == "scaling-by-the-service"
    assert ignored_by(RULES, replace(service, service="cloudformation.amazonaws.com")) is None
    assert ignored_by(RULES, scaled) is None


def test_a_rule_ignores_nothing_graver_than_it_says() -> None:
    """A service may make roles of its own, but who gives a managed one a policy is reported."""
    by_stack = {"actor": UserIdentity(via=Via.SERVICE), "service": "cloudformation.amazonaws.com"}
    role = judged("aws_iam_role", None, None, {"name": "app"}, kind=DriftKind.UNMANAGED, **by_stack)
    assert ignored_by(RULES, role) == "roles-made-by-a-service"
    assert ignored_by(RULES, replace(role, resource_type="aws_sqs_queue")) == "made-by-a-service"
    assert ignored_by(RULES, replace(role, resource_type="aws_iam_role_policy_attachment")) is None


def test_a_rule_that_names_users_and_agents_asks_for_both() -> None:
    """An agent alone is anybody's word."""
    session = "arn:aws:sts::123456789012:assumed-role/Karpenter/1732512345678901234"
    made = judged("aws_instance", None, None, "i-9", kind=DriftKind.UNMANAGED, user_agent="x karpenter.sh-1.0.6")
    assert ignored_by(RULES, made) is None
    pod = replace(made, actor=UserIdentity(arn=session, via=Via.SDK))
    assert ignored_by(RULES, pod) == "nodes-by-karpenter"
    assert ignored_by(RULES, replace(pod, user_agent="aws-sdk-go/1.44")) is None


def test_a_rule_may_hold_in_one_workspace_alone() -> None:
    """Severity can be raised or lowered per workspace."""
    rules = parse_rules(
        {
            "default": {"modified": "low"},
            "severity": [{"name": "prod", "severity": "critical", "workspaces": ["prod*"]}],
        }
    )
    assert severity_of(rules, BASE) == (Severity.CRITICAL, ("prod",))
    assert severity_of(rules, replace(BASE, workspace="dev")) == (Severity.LOW, ())


def test_a_sanctioned_principal_opens_no_drift_but_must_show_up_in_a_state() -> None:
    """Who runs Terraform may not say so; what they do is no one's secret for longer than an apply takes."""
    rules = Rules.model_validate({"default": RULES.default, "sanctioned": {"users": ["jan*"]}})
    world = World(rules=rules).play(wrote(0, web()), resize(5, "m5.large"))
    assert world.summary() == []
    assert world.wait(300).summary() == [OPEN.replace("modified", "unconfirmed")]
    confirmed = World(rules=rules).play(wrote(0, web()), resize(5, "m5.large"), wrote(9, web(instance_type="m5.large")))
    assert confirmed.wait(300).summary() == []
    assert World(rules=rules).play(wrote(0, web()), resize(5, "m5.large", by="joe")).open() != []


def test_a_rule_ignores_what_no_state_will_ever_confirm() -> None:
    """Crossplane runs Terraform's own provider and keeps records of its own; anybody else must show up in a state."""
    ignoring = {"name": "crossplane", "users": ["*:assumed-role/ops/crossplane"]}
    rules = Rules.model_validate({"default": RULES.default, "ignore": [ignoring]})
    for by, expected in (("crossplane", []), ("joe", [OPEN.replace("modified", "unconfirmed").replace("jane", "joe")])):
        world = World(rules=rules).play(wrote(0, web()), resize(5, "m5.large", by=by, agent=TERRAFORM))
        assert world.wait(300).summary() == expected


def test_an_ignored_drift_is_not_told_and_one_ignored_later_is_dismissed() -> None:
    """Rules that change close what they now ignore."""
    ignoring = Rules.model_validate(
        {"default": RULES.default, "ignore": [{"name": "types", "attributes": ["instance_type"]}]}
    )
    assert World(rules=ignoring).play(wrote(0, web()), resize(5, "m5.large")).reported == []
    world = World().play(wrote(0, web()), resize(5, "m5.large"))
    world.change_rules(ignoring)
    assert world.wait(6).summary() == [OPEN.replace("open", "dismissed")]


WRONG = {
    "default: {}\nseverity:\n  - name: x\n    severity: grave\n": "line 4, column 5: severity.0.severity",
    "default: {modified: low}\nignroe: []\n": "line 2, column 1: ignroe",
    "default:\n  modified: medium\nignore:\n  - name: a\n    via: [robots]\n": "line 5, column 11: ignore.0.via.0",
    "default: {}\nignore:\n  - name: a\n    user_agents: [x]\n    at_most: low\n": "line 3, column 5: ignore.0: any",
    "default: [\n": "line 2, column 1",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_file_is_refused_with_line_and_column(text: str, tmp_path: Path) -> None:
    """A slip in the file is found where it stands."""
    path = tmp_path / "rules.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=r"rules\.yaml.*" + WRONG[text].replace(".", r"\.")):
        load_rules(path)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"kinds": ["unmanaged"]},
        {"kinds": ["unmanaged"], "at_most": "high"},
        {"kinds": ["unmanaged", "modified"], "at_most": "low"},
        {"kinds": ["deleted"], "at_most": "low"},
    ],
)
def test_no_rule_trusts_a_user_agent_for_managed_resources_or_severe_drifts(more: dict[str, Any]) -> None:
    """A header that anybody can send must not hide a change of a managed resource or a severe drift."""
    with pytest.raises(RulesError, match="anybody can send any user agent"):
        parse_rules({"default": {}, "ignore": [{"name": "a", "user_agents": ["x"], **more}]})


def test_a_file_that_is_none_of_yaml_or_away_is_refused_in_plain_words(tmp_path: Path) -> None:
    """The reason stands once, without what the parser and the system add for themselves."""
    path = tmp_path / "rules.yaml"
    with pytest.raises(ConfigurationError) as away:
        load_rules(path)
    assert str(away.value) == f"TFDRIFT_RULES: the file {path} cannot be read: No such file or directory"
    path.write_text("default: {}\nevent: drift: high\n")
    with pytest.raises(ConfigurationError) as odd:
        load_rules(path)
    place = "line 2, column 13: mapping values are not allowed here"
    assert str(odd.value) == f"TFDRIFT_RULES: {path}: it is not YAML, at {place}"


def test_every_value_test_is_used_by_the_shipped_rules() -> None:
    """No option that nothing needs."""
    assert {rule.value for rule in RULES.severity} >= set(ValueTest)
