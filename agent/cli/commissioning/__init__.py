"""The steps of `dock-agent commission`."""
