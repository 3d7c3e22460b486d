"""Central's own figures for Prometheus: what it holds, how it does, how it answers."""
