"""Intake: what people send, into events, with every fault at its place. No I/O."""
