"""What every plugin must keep: run over all that are installed, and over the example."""
