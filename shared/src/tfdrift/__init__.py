"""What the TFDrift-Falco services share: the contract with the outside, the bus, and the service harness."""

__version__ = "0.1.0"
