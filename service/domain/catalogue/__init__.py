"""The catalogue of events, by its parts: one module a type (DOMAIN.md §2)."""
