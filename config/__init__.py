"""What belongs to an installation rather than to the program: settings, set-up, deployment, the demo."""
