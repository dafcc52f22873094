"""What people look at: terminal tables and self-contained HTML pages, made from the ledger's records."""
