"""What `dock-agent doctor` concludes from what its probes saw. Pure: facts in, findings out."""
