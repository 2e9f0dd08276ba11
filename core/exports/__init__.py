"""A company's export of everything that is kept of it (GDPR, article 20)."""
