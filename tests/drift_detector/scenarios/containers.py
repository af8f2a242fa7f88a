"""Clusters, services and what comes into them: deployments, endpoints, add-ons, node groups and administrators."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.playbook import ACCOUNT, CONSOLE, Step, called, wrote
from tests.drift_detector.scenarios.fleets import SERVING, TASK, serving
from tests.drift_detector.scenarios.terms import SERVICE, Scenarios, arn, deleted, modified, placed, unmanaged

CLUSTER = "aws_eks_cluster.prod"
NODES = "aws_eks_node_group.main"
ADDON = "aws_eks_addon.dns"
ENTRY = "aws_eks_access_entry.ops"
OPS = f"arn:aws:iam::{ACCOUNT}:role/ops"
ADMIN = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
OPEN = ["0.0.0.0/0"]
OFFICE = ["198.51.100.0/24"]


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


def serve(**request: Any) -> Step:
    """Somebody updates the container service."""
    return called(5, "ecs:UpdateService", {"cluster": "main", "service": "web", **request})


EKS: Scenarios = {
    "an endpoint opened to the internet is a drift": (
        [
            wrote(0, cluster()),
            configure(resourcesVpcConfig={"endpointPublicAccess": True, "publicAccessCidrs": OPEN}),
        ],
        [modified(CLUSTER, "vpc_config[0].public_access_cidrs", OFFICE, OPEN)],
    ),
    "an endpoint configured as it is changes nothing": (
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
    "logs as the console sends them change nothing": (
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
    "an administrator whom the state has is none": (
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
    "an administrator dismissed by hand is a drift": (
        [wrote(0, cluster(), empowered()), empower("DisassociateAccessPolicy")],
        [deleted("aws_eks_access_policy_association.ops", f"prod#{OPS}#{ADMIN}")],
    ),
    "an administrator of another team's cluster is nobody's": (
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
    "an add-on put in by hand is unmanaged": (
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
    "a node group scaled as it is changes nothing": (
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
}

ECS: Scenarios = {
    "a service deployed anew as it is changes nothing": (
        [
            wrote(0, serving()),
            serve(
                taskDefinition="web:7",
                forceNewDeployment=True,
                desiredCount=2,
                enableExecuteCommand=False,
                healthCheckGracePeriodSeconds=0,
                capacityProviderStrategy=[],
                placementConstraints=[],
                placementStrategy=[],
                deploymentConfiguration={"maximumPercent": 200, "minimumHealthyPercent": 100},
            ),
        ],
        [],
    ),
    "a task definition by its family is its latest revision": (
        [
            wrote(0, serving()),
            called(
                5,
                "ecs:UpdateService",
                {"service": "web", "cluster": "main", "taskDefinition": "web"},
                response={"service": {"taskDefinition": TASK, "clusterArn": arn("ecs", "cluster/main")}},
            ),
        ],
        [],
    ),
    "a family's newer revision is a drift": (
        [
            wrote(0, serving()),
            called(
                5,
                "ecs:UpdateService",
                {"service": "web", "cluster": "main", "taskDefinition": "web"},
                response={"service": {"taskDefinition": TASK.replace(":7", ":8")}},
            ),
        ],
        [modified(SERVING, "task_definition", TASK, TASK.replace(":7", ":8"))],
    ),
    "a shell into tasks is a drift": (
        [wrote(0, serving(enable_execute_command=False)), serve(enableExecuteCommand=True)],
        [modified(SERVING, "enable_execute_command", False, True)],
    ),
    "a service made by hand is unmanaged": (
        [
            wrote(0, serving()),
            called(
                5,
                "ecs:CreateService",
                {"serviceName": "by-hand", "cluster": "main", "taskDefinition": "web:7"},
                response={"service": {"serviceArn": arn("ecs", "service/main/by-hand"), "serviceName": "by-hand"}},
            ),
        ],
        [unmanaged("aws_ecs_service", "main/by-hand")],
    ),
    "a service that comes and goes by hand": (
        [
            wrote(0, serving()),
            called(5, "ecs:CreateService", {"serviceName": "by-hand", "cluster": "main", "taskDefinition": "web:7"}),
            called(6, "ecs:DeleteService", {"service": "by-hand", "cluster": arn("ecs", "cluster/main")}),
        ],
        [unmanaged("aws_ecs_service", "main/by-hand", end="reverted")],
    ),
    "a service that a service made is nobody's": (
        [
            wrote(0, serving()),
            called(
                5,
                "ecs:CreateService",
                {"serviceName": "batch", "cluster": "main"},
                response={"service": {"serviceArn": arn("ecs", "service/main/batch")}},
                **SERVICE,
            ),
        ],
        [],
    ),
    "strategies in another order are another strategy": (
        [
            wrote(
                0,
                serving(
                    ordered_placement_strategy=[
                        {"type": "spread", "field": "attribute:ecs.availability-zone"},
                        {"type": "binpack", "field": "memory"},
                    ]
                ),
            ),
            serve(
                placementStrategy=[
                    {"type": "binpack", "field": "memory"},
                    {"type": "spread", "field": "attribute:ecs.availability-zone"},
                ]
            ),
        ],
        [
            modified(
                SERVING,
                "ordered_placement_strategy",
                [
                    {"type": "spread", "field": "attribute:ecs.availability-zone"},
                    {"type": "binpack", "field": "memory"},
                ],
                [
                    {"type": "binpack", "field": "memory"},
                    {"type": "spread", "field": "attribute:ecs.availability-zone"},
                ],
            )
        ],
    ),
}

SCENARIOS: Scenarios = EKS | ECS
