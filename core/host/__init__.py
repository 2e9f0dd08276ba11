"""Finds plugins, checks their manifests, dispatches to them."""
