"""The report: one offline HTML file, and the drawing of a network that it shares with the terminal."""

from headstart.report.contents import Contents, Judged, Way
from headstart.report.page import Page, render, write
from headstart.report.terminal import draw
from headstart.report.thumbnails import Album

__all__ = ["Album", "Contents", "Judged", "Page", "Way", "draw", "render", "write"]
