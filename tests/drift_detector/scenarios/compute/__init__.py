"""Scenarios of EC2, Lambda, ECS, EKS and deployments."""
