"""A network that does everything a network does to an upload: see `fault_proxy.py`."""
