"""The operator's command ``tfdrift``: asks the gateway for drifts and workspaces, and NATS for dead letters.

`render` decides what is shown and is pure; `gateway` and `dead` talk to the pipeline; `__main__` is the command line.
"""
