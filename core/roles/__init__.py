"""Roles and permissions: who may what."""
