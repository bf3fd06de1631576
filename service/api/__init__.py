"""The API: Litestar handlers that parse, authorise, call and shape."""
