"""The API under /api/v1: Litestar handlers that parse, authorise, call and shape."""
