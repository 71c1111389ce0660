"""The console's addresses, one file a subject."""
