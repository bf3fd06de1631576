"""The fold and what it adds up to: pure functions from histories to pictures; no I/O."""
