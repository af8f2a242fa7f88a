"""What the stream benchmarks share: a load client, publishers, and the servers that are compared."""
