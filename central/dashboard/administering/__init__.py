"""Pages for whoever looks after central: stations, people, cameras, officers, what was changed."""
