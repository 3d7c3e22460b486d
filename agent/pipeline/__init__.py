"""The steps of the main job, one verb per file, in the order they happen. Steps get ports, never adapters."""
