"""Resource instances: their addresses, attributes, provider, account and region.

In: decoded members of a state. Out: `Instance`s.
Uses no other room.
"""
