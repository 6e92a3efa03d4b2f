"""From bytes to a checked table: sources, archives, columns, labels, limits."""
