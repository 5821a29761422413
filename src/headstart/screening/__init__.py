"""A look at the pictures themselves: labels that may be wrong, doubles, odd ones, dark, blurred and tiny ones."""

from headstart.screening.finding import KINDS, Finding, Reviewed
from headstart.screening.review import of_held_out, review
from headstart.screening.table import write_table

__all__ = ["KINDS", "Finding", "Reviewed", "of_held_out", "review", "write_table"]
