"""Measurements: the service against the raw driver, on the same server, table and bytes."""
