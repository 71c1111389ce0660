"""``python -m gapwatch_agent``: the same program as ``gapwatch-agent``."""

from gapwatch_agent.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
