"""The ``watch`` process: runs the sensors, keeps what they say until ``link`` has it on disk, and says how they are."""
