"""The documents that describe the gateway: OpenAPI for REST, AsyncAPI for the stream.

In: the hand-written YAML files of this folder, and the models of the payloads. Out: the documents.
Uses no other room.
"""
