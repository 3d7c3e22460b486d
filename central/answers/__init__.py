"""What people say about shifts and cameras, what follows from it, and how it ended. See README.md."""
