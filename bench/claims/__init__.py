"""``python -m bench.claims BASE``: whether this checkout claims of every call what the commit BASE claims of it.

In: the fixtures, the scenarios, the logs of DRIFT_CORPUS, and calls made of every path that a rule of either checkout
reads. Out: the calls whose claims, or whose comparisons with recorded values, differ.
"""
