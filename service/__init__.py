"""Capability map: an event-sourced picture of improvement capability across local NHS systems."""

__version__ = "0.5.0"
