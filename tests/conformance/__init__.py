"""One black-box suite for tus servers: plain HTTP, SIGKILL, and the files that a server leaves on its disk."""
