"""What a plugin may import, and nothing else."""
