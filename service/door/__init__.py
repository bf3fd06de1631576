"""The door: by what callers are known – keys, tokens, sessions – and how often they may ask."""
