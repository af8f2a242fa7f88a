"""The load client, the publishers and the compared servers of the stream benchmarks."""
