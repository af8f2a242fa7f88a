"""Scenarios of S3, EFS, ECR and backups."""
