"""A picture becomes a verdict."""
