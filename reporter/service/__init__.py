"""What remembers: the ledger, and the steps that it makes safe to repeat."""
