"""Templates, components and translations."""
