"""Benchmarks: each module prints its figures and writes them as JSON; ``python -m bench`` runs them all."""
