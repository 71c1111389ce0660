"""One reader per format: a source of bytes in, readings out (each a stream of fragments). No policy, no descriptors."""
