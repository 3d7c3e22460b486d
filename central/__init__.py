"""The endpoint that stations report to: keeps footage, proves it, and shows what happened to it."""
