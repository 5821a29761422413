"""The forms in which a model is kept: a file a format."""
