"""Many users at once: changes and imports that are looked at first, confirmed, carried out, and undone."""
