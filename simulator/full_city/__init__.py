"""Central's database filled at once with a whole city's files, to see whether its pages stay quick."""
