"""What the facts of all stations say about each duty: verdicts, and what an import would do to them."""
