"""The station's memory: asset states, dock sessions and the append-only custody events."""
