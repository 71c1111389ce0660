"""Who, what with, which mark: kernel values turned into the nouns of the event vocabulary."""
