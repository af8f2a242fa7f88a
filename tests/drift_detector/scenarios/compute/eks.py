"""EKS: clusters, access entries, add-ons, node groups and Fargate profiles."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.playbook import ACCOUNT, CONSOLE, Step, called, wrote
from tests.drift_detector.scenarios.builders import Scenarios, arn, deleted, modified, placed, unmanaged

CLUSTER = "aws_eks_cluster.prod"
NODES = "aws_eks_node_group.main"
ADDON = "aws_eks_addon.dns"
ENTRY = "aws_eks_access_entry.ops"
OPS = f"arn:aws:iam::{ACCOUNT}:role/ops"
ADMIN = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
OPEN = ["0.0.0.0/0"]
OFFICE = ["198.51.100.0/24"]
ISSUER = "aws_eks_identity_provider_config.corp"
issuer = placed(
    ISSUER, id="prod:corp", cluster_name="prod", oidc=[{"identity_provider_config_name": "corp", "client_id": "k"}]
)


def cluster(**changes: Any) -> dict[str, Any]:
    """A Kubernetes cluster as a state holds it."""
    network = {
        "endpoint_private_access": True,
        "endpoint_public_access": True,
        "public_access_cidrs": OFFICE,
        "security_group_ids": ["sg-1"],
        "subnet_ids": ["subnet-1", "subnet-2"],
    }
    attributes: dict[str, Any] = {
        "id": "prod",
        "name": "prod",
        "arn": arn("eks", "cluster/prod"),
        "version": "1.31",
        "enabled_cluster_log_types": ["api", "audit"],
        "vpc_config": [network | changes.pop("network", {})],
        "access_config": [{"authentication_mode": "API_AND_CONFIG_MAP"}],
        "deletion_protection": None,
        "upgrade_policy": [{"support_type": "EXTENDED"}],
    }
    return placed(CLUSTER, **(attributes | changes))


def configure(**request: Any) -> Step:
    """Somebody configures the cluster."""
    return called(5, "eks:UpdateClusterConfig", {"name": "prod", **request})


def nodes(**changes: Any) -> dict[str, Any]:
    """A node group as a state holds it."""
    attributes: dict[str, Any] = {
        "id": "prod:main",
        "cluster_name": "prod",
        "node_group_name": "main",
        "arn": arn("eks", "nodegroup/prod/main/1"),
        "scaling_config": [{"desired_size": 2, "max_size": 4, "min_size": 1}],
        "labels": {},
        "taint": [],
    }
    return placed(NODES, **(attributes | changes))


def entry(*groups: str) -> dict[str, Any]:
    """A principal that may come into the cluster."""
    return placed(
        ENTRY,
        id=f"prod:{OPS}",
        cluster_name="prod",
        principal_arn=OPS,
        access_entry_arn=arn("eks", "access-entry/prod/role/ops/1"),
        kubernetes_groups=list(groups),
        user_name=OPS,
    )


def empowered() -> dict[str, Any]:
    """An administrator of the cluster."""
    return placed(
        "aws_eks_access_policy_association.ops",
        id=f"prod#{OPS}#{ADMIN}",
        cluster_name="prod",
        principal_arn=OPS,
        policy_arn=ADMIN,
        access_scope=[{"namespaces": None, "type": "cluster"}],
    )


def empower(name: str = "AssociateAccessPolicy", cluster_name: str = "prod", **more: Any) -> Step:
    """Somebody makes a principal an administrator, or takes that off again."""
    request = {"name": cluster_name, "principalArn": OPS, "policyArn": ADMIN, **more}
    return called(5, f"eks:{name}", request)


SCENARIOS: Scenarios = {
    "an endpoint opened to the internet is a drift": (
        [
            wrote(0, cluster()),
            configure(resourcesVpcConfig={"endpointPublicAccess": True, "publicAccessCidrs": OPEN}),
        ],
        [modified(CLUSTER, "vpc_config[0].public_access_cidrs", OFFICE, OPEN)],
    ),
    "an endpoint configured unchanged is no drift": (
        [
            wrote(0, cluster()),
            configure(
                resourcesVpcConfig={
                    "endpointPublicAccess": True,
                    "endpointPrivateAccess": True,
                    "publicAccessCidrs": OFFICE,
                    "subnetIds": ["subnet-2", "subnet-1"],
                }
            ),
        ],
        [],
    ),
    "an audit log switched off is a drift": (
        [
            wrote(0, cluster()),
            configure(
                logging={
                    "clusterLogging": [
                        {"types": ["api"], "enabled": True},
                        {"types": ["audit", "authenticator", "controllerManager", "scheduler"], "enabled": False},
                    ]
                }
            ),
        ],
        [modified(CLUSTER, "enabled_cluster_log_types", ["api", "audit"], ["api"])],
    ),
    "logs as the console sends them are no drift": (
        [
            wrote(0, cluster()),
            configure(
                logging={
                    "clusterLogging": [
                        {"types": ["api", "audit"], "enabled": True},
                        {"types": ["authenticator", "controllerManager", "scheduler"], "enabled": False},
                    ]
                }
            ),
        ],
        [],
    ),
    "a cluster upgraded by hand is a drift": (
        [wrote(0, cluster()), called(5, "eks:UpdateClusterVersion", {"name": "prod", "version": "1.32"})],
        [modified(CLUSTER, "version", "1.31", "1.32")],
    ),
    "an administrator of a managed cluster is unmanaged": (
        [wrote(0, cluster()), empower(accessScope={"type": "cluster"})],
        [unmanaged("aws_eks_access_policy_association", f"prod/{OPS}/{ADMIN}")],
    ),
    "an administrator who is in the state is no drift": (
        [wrote(0, cluster(), empowered()), empower(accessScope={"type": "cluster", "namespaces": []})],
        [],
    ),
    "an administrator of one namespace only is a drift": (
        [wrote(0, cluster(), empowered()), empower(accessScope={"type": "namespace", "namespaces": ["web"]})],
        [
            modified("aws_eks_access_policy_association.ops", "access_scope[0].type", "cluster", "namespace"),
            modified("aws_eks_access_policy_association.ops", "access_scope[0].namespaces", None, ["web"]),
        ],
    ),
    "an administrator removed by hand is a drift": (
        [wrote(0, cluster(), empowered()), empower("DisassociateAccessPolicy")],
        [deleted("aws_eks_access_policy_association.ops", f"prod#{OPS}#{ADMIN}")],
    ),
    "an administrator of an unmanaged cluster is ignored": (
        [wrote(0, cluster()), empower(cluster_name="theirs", accessScope={"type": "cluster"})],
        [],
    ),
    "a principal let into a managed cluster is unmanaged": (
        [
            wrote(0, cluster()),
            called(5, "eks:CreateAccessEntry", {"name": "prod", "principalArn": OPS, "type": "STANDARD"}),
        ],
        [unmanaged("aws_eks_access_entry", f"prod/{OPS}")],
    ),
    "a principal of other groups is a drift": (
        [
            wrote(0, cluster(), entry("viewers")),
            called(
                5,
                "eks:UpdateAccessEntry",
                {"name": "prod", "principalArn": OPS, "kubernetesGroups": ["admins", "viewers"]},
            ),
        ],
        [modified(ENTRY, "kubernetes_groups", ["viewers"], ["admins", "viewers"])],
    ),
    "a node group of a managed cluster is unmanaged": (
        [
            wrote(0, cluster()),
            called(
                5,
                "eks:CreateNodegroup",
                {"clusterName": "prod", "nodegroupName": "by-hand", "subnets": ["subnet-1"]},
                response={"nodegroup": {"clusterName": "prod", "nodegroupName": "by-hand"}},
            ),
        ],
        [unmanaged("aws_eks_node_group", "prod/by-hand")],
    ),
    "a Fargate profile of a managed cluster is unmanaged": (
        [
            wrote(0, cluster()),
            called(5, "eks:CreateFargateProfile", {"clusterName": "prod", "fargateProfileName": "by-hand"}),
        ],
        [unmanaged("aws_eks_fargate_profile", "prod/by-hand")],
    ),
    "an add-on added by hand is unmanaged": (
        [wrote(0, cluster()), called(5, "eks:CreateAddon", {"name": "prod", "addonName": "coredns"})],
        [unmanaged("aws_eks_addon", "prod/coredns")],
    ),
    "an add-on of another version is a drift": (
        [
            wrote(
                0,
                cluster(),
                placed(
                    ADDON,
                    id="prod:coredns",
                    cluster_name="prod",
                    addon_name="coredns",
                    addon_version="v1.11.3-eksbuild.1",
                    configuration_values="",
                ),
            ),
            called(
                5,
                "eks:UpdateAddon",
                {
                    "name": "prod",
                    "addonName": "coredns",
                    "addonVersion": "v1.11.4-eksbuild.2",
                    "resolveConflicts": "OVERWRITE",
                },
                agent=CONSOLE,
            ),
        ],
        [modified(ADDON, "addon_version", "v1.11.3-eksbuild.1", "v1.11.4-eksbuild.2")],
    ),
    "a node group scaled unchanged is no drift": (
        [
            wrote(0, cluster(), nodes()),
            called(
                5,
                "eks:UpdateNodegroupConfig",
                {
                    "clusterName": "prod",
                    "nodegroupName": "main",
                    "scalingConfig": {"minSize": 1, "maxSize": 4, "desiredSize": 2},
                },
                agent=CONSOLE,
            ),
        ],
        [],
    ),
    "a cluster tagged by its ARN is a drift of the tag": (
        [
            wrote(0, cluster(tags={"Env": "prod"}, tags_all={"Env": "prod"})),
            called(5, "eks:UntagResource", {"resourceArn": arn("eks", "cluster/prod"), "tagKeys": ["Env"]}),
        ],
        [modified(CLUSTER, "tags.Env", "prod", None)],
    ),
    "a cluster's identity provider is removed": (
        [
            wrote(0, issuer),
            called(
                5,
                "eks:DisassociateIdentityProviderConfig",
                {"name": "prod", "identityProviderConfig": {"type": "oidc", "name": "corp"}},
            ),
        ],
        [deleted(ISSUER, "prod:corp")],
    ),
}
