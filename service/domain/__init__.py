"""The domain: event types, envelope and codec, organisations, the model, problems. No I/O."""
