"""`python -m service.cli`, the same as `capmap`."""

from __future__ import annotations

from service.cli import main

main()
