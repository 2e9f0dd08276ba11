"""A simulated telephone network: real SIP user agents that call, answer, speak, press keys and listen."""
