"""Holds what cloud calls claim against what Terraform states record."""
