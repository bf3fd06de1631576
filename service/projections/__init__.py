"""Projections: pictures folded from the events, by pure functions."""
