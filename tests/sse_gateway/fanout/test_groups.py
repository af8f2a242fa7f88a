"""Which clients an event goes to."""

from __future__ import annotations

from sse_gateway.fanout.client import Client
from sse_gateway.fanout.filters import compile_filter
from sse_gateway.fanout.frame import Frame
from sse_gateway.fanout.groups import Groups
from tests.sse_gateway.fanout.test_hub import Wire


def client(*query: tuple[str, str], chunked: bool = True) -> Client:
    return Client(Wire(), compile_filter(query), chunked=chunked)


def frame(subject: str, workspace: str | None = None) -> Frame:
    return Frame(1, subject, workspace, 0, b"")


def routed(groups: Groups, subject: str, workspace: str | None = None) -> set[Client]:
    return {each for group in groups.route(frame(subject, workspace)) for each in group.clients}


def test_clients_with_equal_filters_are_one_group() -> None:
    """Another transfer coding needs other bytes, so it is another group."""
    groups = Groups()
    for each in (client(("kind", "ec2")), client(("kind", "ec2")), client(("kind", "ec2"), chunked=False)):
        groups.add(each)
    assert [len(group.clients) for group in groups] == [2, 1]
    assert groups.clients == 3


def test_a_route_follows_who_comes_and_goes() -> None:
    """A remembered route is never stale."""
    groups, falco, everything = Groups(), client(("events", "falco")), client()
    subject = "tfdrift.falco.high.aws.ec2"
    assert routed(groups, subject) == set()
    groups.add(falco)
    assert routed(groups, subject) == {falco}
    groups.add(everything)
    assert routed(groups, subject) == {falco, everything}
    assert routed(groups, "tfdrift.drift.high.aws.aws_instance") == {everything}
    assert groups.remove(falco) is not None
    assert groups.remove(falco) is None
    assert routed(groups, subject) == {everything}


def test_a_workspace_is_part_of_the_route() -> None:
    """Events on one subject may be about several workspaces."""
    groups, prod = Groups(), client(("workspace", "prod"))
    groups.add(prod)
    subject = "tfdrift.drift.high.aws.aws_instance"
    assert routed(groups, subject, "prod") == {prod}
    assert routed(groups, subject, "dev") == set()
    assert routed(groups, subject) == set()
