"""The project's own sample: the history of the trusts of Surrey and Sussex, from public sources."""
