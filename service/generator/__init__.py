"""The generator: a believable history of fictional organisations, the same for the same seed."""
