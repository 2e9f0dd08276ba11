"""SIP and audio through pjsua2."""
