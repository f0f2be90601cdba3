"""Facts: what readers find in files. Frozen, storable, and free of any parser's nodes."""
