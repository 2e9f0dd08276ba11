"""The native build of pjsua2: our configuration, our patches, and the standard library to build them with."""
