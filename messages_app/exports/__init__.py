"""Everything that answers a question as a file: what stands in it, and how it is made and kept."""
