"""The report: one offline HTML file, and the drawing of a network that it shares with the terminal."""

from headstart.report.contents import Contents, Judged
from headstart.report.page import Page, render, write
from headstart.report.terminal import draw

__all__ = ["Contents", "Judged", "Page", "draw", "render", "write"]
