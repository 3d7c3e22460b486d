"""Plain read-only pages for people: stations, docks, assets."""
