"""Real processes, real SIP, real audio: what happens to calls when everything goes well, and when it does not."""
