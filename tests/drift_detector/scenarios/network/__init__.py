"""Scenarios of VPCs, load balancers, DNS and content delivery."""
