"""Call-flow documents, their interpreter and the built-in elements."""
