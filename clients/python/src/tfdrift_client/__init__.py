"""Reads TFDrift-Falco's event stream and drifts. The payloads are the models of `tfdrift.events`."""

from tfdrift_client.client import Client, Event, Payload
from tfdrift_client.errors import ClientError, Missed, Refused

__all__ = ["Client", "ClientError", "Event", "Missed", "Payload", "Refused"]
