"""A bundle behind HTTP: the page and the API of `headstart serve`. Its files need the extra `serve`."""
