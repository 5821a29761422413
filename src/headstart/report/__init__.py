"""The report: one offline HTML file, and the drawing of a network that it shares with the terminal."""

from headstart.report.page import Page, render, write
from headstart.report.run import Mistake, Run
from headstart.report.terminal import draw

__all__ = ["Mistake", "Page", "Run", "draw", "render", "write"]
