"""The operator's command ``tfdrift``: asks the gateway for drifts and workspaces, and NATS for dead letters.

What is shown (`render`, `report`, `findings`) and what is wrong (`diagnose`) are decided without I/O. `gateway`,
`jetstream`, `dead` and `doctor` talk to the pipeline. `__main__` and `dead_command` are the command line.
"""
