"""The store: the log in PostgreSQL, every statement named."""
