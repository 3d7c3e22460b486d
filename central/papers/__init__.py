"""Papers for a court: custody records, draft certificates, and signatures that `openssl` checks. See README.md."""
