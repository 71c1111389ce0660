"""From log entry to facts (C7): what a rule can see. Pure: values in, flat dictionaries out."""
