"""Scenarios of IAM, Organizations, Cognito and policy documents."""
