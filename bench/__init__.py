"""The benchmarks. Each module prints its figures and writes them as JSON; ``python -m bench`` runs them all."""
