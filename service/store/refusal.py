"""Why a database is not served from; the text says the way out."""

from __future__ import annotations


class Refusal(Exception):  # noqa: N818 - it is an answer, not a fault of the program
    """The database is not fit to serve from; the text says the way out."""


__all__ = ["Refusal"]
