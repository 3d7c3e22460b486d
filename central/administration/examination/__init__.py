"""`dock-central doctor`: looks at what central needs, and changes nothing."""
