"""Which stations exist, with which credential they speak, who is alive, and which ledgers they write."""
