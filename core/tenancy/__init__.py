"""Tenants, their modules and main numbers."""
