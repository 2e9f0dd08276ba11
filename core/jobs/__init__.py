"""Background jobs: the only place that knows arq."""
