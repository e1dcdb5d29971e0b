"""The endpoints, each a few lines around a rule."""
