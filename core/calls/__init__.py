"""The call model, its journal and its tables."""
