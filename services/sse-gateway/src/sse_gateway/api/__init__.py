"""The routes of the public port: REST, documents and the page.

In: HTTP requests. Out: JSON, problem documents and static files.
Uses every other room.
"""
