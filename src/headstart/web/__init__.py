"""A network as a page that anyone can open: its graph written down for a small engine in JavaScript (README.md)."""
