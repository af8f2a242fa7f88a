"""Finds the client's address behind trusted proxies."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network


def parse_networks(text: str) -> tuple[Network, ...]:
    """Returns the networks of a comma-separated list; a single address is a network of one.

    Raises:
        ValueError: a part is neither.
    """
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def client_address(peer: str, forwarded_for: Sequence[str], trusted: Sequence[Network]) -> str:
    """Returns the rightmost address that is not a trusted proxy's.

    Each proxy appends the address of its caller, so only what trusted proxies appended is believed: from the right, up
    to the first address that is not a trusted proxy's. The client itself may have written what stands further left.
    Where a trusted proxy appended something else than an address, that proxy counts as the client.

    Args:
        peer: the address that connected to us.
        forwarded_for: the values of every ``X-Forwarded-For`` header, in order.
    """
    address = _parse(peer)
    if address is None or not trusted:
        return peer
    hops = [hop for value in forwarded_for for hop in value.split(",")]
    while hops and _within(address, trusted):
        hop = _parse(hops.pop())
        if hop is None:
            break
        address = hop
    return str(address)


def _within(address: IPv4Address | IPv6Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


@lru_cache(maxsize=4096)
def _parse(text: str) -> IPv4Address | IPv6Address | None:
    """Parse an address, with or without a port, as proxies write them: ``192.0.2.1:4711``, ``[2001:db8::1]:4711``."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (isinstance(address, IPv6Address) and address.ipv4_mapped) or address
