"""The capability map: a record of events, and the pictures drawn from it."""
