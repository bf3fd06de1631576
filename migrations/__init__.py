"""The database's schema, step by step; applied by `capmap migrate`."""
