"""Sense checks: what warns of a record that may be mistyped, and refuses nothing."""
