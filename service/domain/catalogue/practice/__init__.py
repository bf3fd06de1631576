"""The practice part of the catalogue of events: one module a type."""
