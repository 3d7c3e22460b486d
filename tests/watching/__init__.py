"""What was watched, and when not: from the agent's sources to central's rows."""
