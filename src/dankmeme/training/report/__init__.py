"""The report of an evaluation: `report.json` for machines, `report.html` for people."""

from dankmeme.training.report.contents import Contrast, Fact, InContext, Meme, Report, extremes
from dankmeme.training.report.files import as_json, write_report
from dankmeme.training.report.page import page

__all__ = ["Contrast", "Fact", "InContext", "Meme", "Report", "as_json", "extremes", "page", "write_report"]
