"""CloudFront, API Gateway, AppSync, Global Accelerator, certificates, Direct Connect and shared resources."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import web
from tests.drift_detector.playbook import ACCOUNT, Step, applied, called, wrote
from tests.drift_detector.scenarios.builders import OTHER_ACCOUNT, Scenarios, arn, deleted, modified, placed, unmanaged

CERTIFICATE_ARN = arn("acm", "certificate/12345678-1234-1234-1234-123456789012")
LISTENER = "aws_globalaccelerator_listener.web"
LISTENER_ARN = f"arn:aws:globalaccelerator::{ACCOUNT}:accelerator/0339bfd6/listener/abcde1234"
SITE = "aws_networkmanager_site.berlin"
GATEWAYS = {mesh: f"aws_appmesh_virtual_gateway.{mesh}" for mesh in ("blue", "green")}
RESOLVER = "aws_appsync_resolver.me"
DISTRIBUTION = "aws_cloudfront_distribution.site"
METHOD = "aws_api_gateway_method.orders"
STAGE = "aws_api_gateway_stage.prod"
INTERFACE = "aws_dx_hosted_private_virtual_interface.partner"
INTERFACE_ID = "dxvif-ffhhk74f"
SHARE = "aws_ram_resource_share.network"
SHARE_ARN = arn("ram", "resource-share/01234567-abcd")
ALLOCATION = {"connectionId": "dxcon-ffabc123", "ownerAccount": OTHER_ACCOUNT}
interface = placed(INTERFACE, id=INTERFACE_ID, arn=arn("directconnect", f"dxvif/{INTERFACE_ID}"), mtu=1500)
share = placed(SHARE, id=SHARE_ARN, arn=SHARE_ARN, name="network", allow_external_principals=False)
member = placed(
    "aws_ram_principal_association.partner",
    id=f"{SHARE_ARN},{OTHER_ACCOUNT}",
    resource_share_arn=SHARE_ARN,
    principal=OTHER_ACCOUNT,
)
api = placed("aws_apigatewayv2_api.orders", id="a2", name="orders", protocol_type="HTTP")


def listener() -> dict[str, Any]:
    """A listener of an accelerator, which is in no region."""
    return placed(LISTENER, id=LISTENER_ARN, arn=LISTENER_ARN, protocol="TCP")


def site() -> dict[str, Any]:
    """A site of a global network."""
    own = f"arn:aws:networkmanager::{ACCOUNT}:site/global-network-1/site-1"
    return placed(SITE, id="site-1", arn=own, global_network_id="global-network-1", description="Berlin")


def gateway(mesh: str) -> dict[str, Any]:
    """A gateway that is named alike in each mesh."""
    own = arn("appmesh", f"mesh/{mesh}/virtualGateway/edge")
    return placed(GATEWAYS[mesh], id=f"uid-{mesh}", arn=own, name="edge", mesh_name=mesh)


def resolver() -> dict[str, Any]:
    """How a field of a type is come by."""
    return placed(RESOLVER, id="api1-Query-me", api_id="api1", type="Query", field="me", kind="UNIT")


def behaviour(pattern: str, **changes: Any) -> dict[str, Any]:
    """How a distribution serves some paths, as a state holds it."""
    return {"path_pattern": pattern, "target_origin_id": "site", "viewer_protocol_policy": "https-only", **changes}


def distribution(**changes: Any) -> dict[str, Any]:
    """A distribution as a state holds it."""
    attributes: dict[str, Any] = {
        "id": "E1",
        "arn": f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1",
        "aliases": ["www.example.com"],
        "enabled": True,
        "http_version": "http2",
        "is_ipv6_enabled": True,
        "price_class": "PriceClass_100",
        "web_acl_id": "",
        "ordered_cache_behavior": [behaviour("/api/*"), behaviour("*.html")],
        "custom_error_response": [],
    }
    return placed(DISTRIBUTION, **(attributes | changes))


def publish(*patterns: str, **changes: Any) -> Step:
    """Somebody saves the whole configuration of the distribution."""
    served = [{"pathPattern": one, "targetOriginId": "site", "viewerProtocolPolicy": "https-only"} for one in patterns]
    config = {
        "callerReference": "1",
        "comment": "HIDDEN_DUE_TO_SECURITY_REASONS",
        "aliases": {"quantity": 1, "items": ["www.example.com"]},
        "enabled": True,
        "httpVersion": "http2",
        "isIPV6Enabled": True,
        "priceClass": "PriceClass_100",
        "webACLId": "",
        "cacheBehaviors": {"quantity": len(served), "items": served},
        "customErrorResponses": {"quantity": 0},
        "staging": False,
        **changes,
    }
    return called(5, "cloudfront:UpdateDistribution2020_05_31", {"id": "E1", "distributionConfig": config})


def method(**changes: Any) -> dict[str, Any]:
    """A method of an API as a state holds it."""
    attributes: dict[str, Any] = {
        "id": "agm-a1-r1-POST",
        "rest_api_id": "a1",
        "resource_id": "r1",
        "http_method": "POST",
        "authorization": "AWS_IAM",
        "api_key_required": True,
    }
    return placed(METHOD, **(attributes | changes))


def patch(**paths: str) -> Step:
    """Somebody patches the method."""
    patches = [{"op": "replace", "path": f"/{path}", "value": value} for path, value in paths.items()]
    request = {"restApiId": "a1", "resourceId": "r1", "httpMethod": "POST", "patchOperations": patches}
    return called(5, "apigateway:UpdateMethod", request)


def integration() -> dict[str, Any]:
    """An integration of an HTTP API."""
    parameters = {"overwrite:header.x": "1", "append:header.y": "2"}
    return placed("aws_apigatewayv2_integration.shop", id="int1", api_id="a1", request_parameters=parameters)


def set_parameter(value: str, minutes: int = 5) -> Step:
    """Somebody sets one parameter of the integration; the API keeps the others."""
    request = {"apiId": "a1", "integrationId": "int1", "requestParameters": {"overwrite:header.x": value}}
    return called(minutes, "apigateway:UpdateIntegration", request)


SCENARIOS: Scenarios = {
    "a parameter of an integration is changed": (
        [wrote(0, integration()), set_parameter("3")],
        [modified("aws_apigatewayv2_integration.shop", 'request_parameters["overwrite:header.x"]', "1", "3")],
    ),
    "a parameter of an integration is set as it is": ([wrote(0, integration()), set_parameter("1")], []),
    "a parameter of an integration is set and set back": (
        [wrote(0, integration()), set_parameter("3"), set_parameter("1", 7)],
        [
            modified(
                "aws_apigatewayv2_integration.shop",
                'request_parameters["overwrite:header.x"]',
                "1",
                "3",
                end="reverted",
            )
        ],
    ),
    "a global resource is found, whatever region its call is logged in": (
        [
            wrote(0, listener()),
            called(5, "globalaccelerator:DeleteListener", {"listenerArn": LISTENER_ARN}, region="us-west-2"),
        ],
        [deleted(LISTENER, LISTENER_ARN)],
    ),
    "the sites of a global network are found in every region": (
        [
            wrote(0, site(), web()),
            called(
                5,
                "networkmanager:UpdateSite",
                {"globalNetworkId": "global-network-1", "siteId": "site-1", "description": "Bonn"},
                region="us-west-2",
            ),
        ],
        [modified(SITE, "description", "Berlin", "Bonn")],
    ),
    "of two equal names, the parent decides": (
        [
            wrote(0, gateway("blue"), gateway("green")),
            called(5, "appmesh:DeleteVirtualGateway", {"meshName": "green", "virtualGatewayName": "edge"}),
        ],
        [deleted(GATEWAYS["green"], "uid-green")],
    ),
    "a field's resolver is deleted": (
        [
            wrote(0, resolver()),
            called(5, "appsync:DeleteResolver", {"apiId": "api1", "typeName": "Query", "fieldName": "me"}),
        ],
        [deleted(RESOLVER, "api1-Query-me")],
    ),
    "a certificate is imported anew": (
        [
            wrote(0, web()),
            called(5, "acm:ImportCertificate", {}, response={"certificateArn": CERTIFICATE_ARN}),
        ],
        [unmanaged("aws_acm_certificate", CERTIFICATE_ARN)],
    ),
    "a certificate is imported over one that is managed": (
        [
            wrote(0, placed("aws_acm_certificate.web", id=CERTIFICATE_ARN, arn=CERTIFICATE_ARN)),
            called(
                5,
                "acm:ImportCertificate",
                {"certificateArn": CERTIFICATE_ARN},
                response={"certificateArn": CERTIFICATE_ARN},
            ),
        ],
        [],
    ),
    "a distribution saved unchanged is no drift": ([wrote(0, distribution()), publish("/api/*", "*.html")], []),
    "one member of a distribution is one drift": (
        [wrote(0, distribution()), publish("/api/*", "*.html", priceClass="PriceClass_All")],
        [modified(DISTRIBUTION, "price_class", "PriceClass_100", "PriceClass_All")],
    ),
    "a distribution's behaviours in another order are a drift": (
        [wrote(0, distribution()), publish("*.html", "/api/*")],
        [
            modified(
                DISTRIBUTION,
                "ordered_cache_behavior",
                [behaviour("/api/*"), behaviour("*.html")],
                [behaviour("*.html"), behaviour("/api/*")],
            )
        ],
    ),
    "a distribution tagged in its own shape is a drift of the tag": (
        [
            wrote(0, distribution(tags={}, tags_all={})),
            called(
                5,
                "cloudfront:TagResource2020_05_31",
                {
                    "resource": f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1",
                    "tags": {"items": [{"key": "Env", "value": "prod"}]},
                },
            ),
        ],
        [modified(DISTRIBUTION, "tags.Env", None, "prod")],
    ),
    "a method opened to anyone is a drift": (
        [wrote(0, method()), patch(authorizationType="NONE")],
        [modified(METHOD, "authorization", "AWS_IAM", "NONE")],
    ),
    "a method patched to what it has is no drift": (
        [wrote(0, method()), patch(authorizationType="AWS_IAM", apiKeyRequired="true")],
        [],
    ),
    "a method put anew unchanged is no drift": (
        [
            wrote(0, method()),
            called(
                5,
                "apigateway:PutMethod",
                {
                    "restApiId": "a1",
                    "resourceId": "r1",
                    "httpMethod": "POST",
                    "putMethodInput": {"authorizationType": "AWS_IAM", "apiKeyRequired": True},
                },
            ),
        ],
        [],
    ),
    "a stage traced unchanged is no drift": (
        [
            wrote(
                0,
                placed(
                    STAGE,
                    id="ags-a1-prod",
                    rest_api_id="a1",
                    stage_name="prod",
                    xray_tracing_enabled=True,
                    variables={},
                    description="",
                ),
            ),
            called(
                5,
                "apigateway:UpdateStage",
                {
                    "restApiId": "a1",
                    "stageName": "prod",
                    "patchOperations": [{"op": "replace", "path": "/tracingEnabled", "value": "true"}],
                },
            ),
        ],
        [],
    ),
    "a stage's variable is a drift of that variable alone": (
        [
            wrote(
                0,
                placed(STAGE, id="ags-a1-prod", rest_api_id="a1", stage_name="prod", variables={"backend": "blue"}),
            ),
            called(
                5,
                "apigateway:UpdateStage",
                {
                    "restApiId": "a1",
                    "stageName": "prod",
                    "patchOperations": [{"op": "replace", "path": "/variables/backend", "value": "green"}],
                },
            ),
        ],
        [modified(STAGE, "variables.backend", "blue", "green")],
    ),
    "a virtual interface that Terraform allocates is in the next state": (
        [
            wrote(0, web()),
            applied(
                5,
                "directconnect:AllocatePrivateVirtualInterface",
                ALLOCATION,
                response={"virtualInterfaceId": INTERFACE_ID},
            ),
            wrote(6, web(), interface),
        ],
        [],
    ),
    "an interface is deleted whatever kind it is": (
        [
            wrote(0, interface),
            called(5, "directconnect:DeleteVirtualInterface", {"virtualInterfaceId": INTERFACE_ID}),
        ],
        [deleted(INTERFACE, INTERFACE_ID)],
    ),
    "a share is opened to accounts outside the organisation": (
        [
            wrote(0, share),
            called(5, "ram:UpdateResourceShare", {"resourceShareArn": SHARE_ARN, "allowExternalPrincipals": True}),
        ],
        [modified(SHARE, "allow_external_principals", False, True)],
    ),
    "a share is given to an account that has it, and to one more": (
        [
            wrote(0, share, member),
            called(
                5,
                "ram:AssociateResourceShare",
                {"resourceShareArn": SHARE_ARN, "principals": [OTHER_ACCOUNT, "333344445555"]},
            ),
        ],
        [unmanaged("aws_ram_principal_association", f"{SHARE_ARN}/333344445555")],
    ),
    "a managed API is given a route, and another's too": (
        [
            wrote(0, api),
            called(5, "apigateway:CreateRoute", {"apiId": "a2", "routeKey": "ANY /"}, response={"routeId": "t1"}),
            called(6, "apigateway:CreateRoute", {"apiId": "a9", "routeKey": "ANY /"}, response={"routeId": "t2"}),
        ],
        [unmanaged("aws_apigatewayv2_route", "a2/t1")],
    ),
    "Terraform gives an API a route": (
        [
            wrote(0, api),
            applied(5, "apigateway:CreateRoute", {"apiId": "a2", "routeKey": "ANY /"}, response={"routeId": "t1"}),
            wrote(6, api, placed("aws_apigatewayv2_route.all", id="t1", api_id="a2", route_key="ANY /")),
        ],
        [],
    ),
}
