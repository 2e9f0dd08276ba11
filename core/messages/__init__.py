"""Messages to people: an outbox that is written with what a message tells about."""
