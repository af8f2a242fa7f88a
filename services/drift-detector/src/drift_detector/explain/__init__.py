"""The one-off mode ``--explain``: prints step by step how a call was understood.

In: an alert file and a state file. Out: text.
Uses every room.
"""
