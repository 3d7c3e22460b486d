"""Who holds an asset and how sure we are: assets, custody events, uploads, the store, receipts. No HTTP in here."""
