"""The page: one file with everything in it, that needs no script and nothing from elsewhere."""

from __future__ import annotations

from html import escape
from importlib.resources import files

from dankmeme.training import charts
from dankmeme.training.evaluate import Curve
from dankmeme.training.report import findings, tables
from dankmeme.training.report.contents import Report
from dankmeme.training.words import day, share


def page(report: Report) -> str:
    """The whole page as HTML. What strangers wrote is escaped."""
    style = files("dankmeme.training.report").joinpath("style.css").read_text(encoding="utf-8")
    parts = [
        _header(report),
        _facts(report),
        tables.figures(report),
        tables.contrasts(report),
        _charts(report),
        findings.ladder(report),
        findings.audit(report),
        findings.ceiling(report),
        tables.slices(report),
        tables.in_context(report),
        findings.memes(report),
        findings.gaps(report),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(report.name)}: model report</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f"{parts[0]}<main>\n{''.join(parts[1:])}</main>\n{_footer(report)}</body>\n</html>\n"
    )


def _header(report: Report) -> str:
    auc = report.model.figures.get("auc")
    line = charts.interval(auc, 0.5, min(0.45, auc.low - 0.02), 1.0) if auc else ""
    found = report.audit.leaks if report.audit else []
    names = " and ".join(each.name for each in found)
    alarm = f'<p class="alarm">Don’t believe these figures yet: the audit found a leak ({escape(names)}).</p>'
    return (
        '<header class="stage"><div class="inner">'
        f'<p class="kicker">Model report <b>{escape(report.name)}</b> {day(report.made_utc)}</p>'
        f"<h1>{_together(escape(report.headline))}</h1>{line}{alarm if found else ''}</div></header>\n"
    )


def _together(words: str) -> str:
    """What stands in brackets stays on one line."""
    return words.replace("(", '<span class="together">(').replace(")", ")</span>")


def _facts(report: Report) -> str:
    measured = report.evaluation
    counts = f"{measured.rows:,}: {measured.dank:,} dank, {measured.not_dank:,} not dank, the rest between"
    facts = [("Test memes", counts), *((each.term, each.words) for each in report.facts)]
    listed = "".join(f"<div><dt>{escape(term)}</dt><dd>{escape(words)}</dd></div>" for term, words in facts)
    return f'<section><h2>What it was measured on</h2><dl class="facts">{listed}</dl></section>\n'


def _charts(report: Report) -> str:
    measured, model = report.evaluation, report.model
    shown = []
    for place, (name, each) in enumerate(measured.models.items()):
        if each.reliability and measured.base_rate is not None:
            chart = charts.reliability(each.reliability, measured.base_rate, shade=place % charts.SHADES + 1)
            shown.append(_figure(f"Reliability: {name}", chart, _calibration(report, name)))
    if model.roc and measured.base_rate_at_ends is not None:
        shown.append(_figure("ROC", charts.roc(*_curves(report, "roc", "auc")), "Dashed: a coin.", _legend(report)))
        curves, areas = _curves(report, "precision_recall", "average_precision")
        chart = charts.precision_recall(curves, areas, measured.base_rate_at_ends)
        note = f"Dotted: chance, {share(measured.base_rate_at_ends)} dank at the two ends."
        shown.append(_figure("Precision and recall", chart, note, _legend(report)))
    if model.histogram:
        chart = charts.histogram(model.histogram)
        shown.append(_figure(f"Probabilities: {report.main}", chart, "How many memes got which.", _kinds()))
    return f'<section><h2>Pictures of the figures</h2><div class="charts">{"".join(shown)}</div></section>\n'


def _curves(report: Report, curve: str, area: str) -> tuple[dict[str, Curve], dict[str, float]]:
    models = {name: each for name, each in report.evaluation.models.items() if getattr(each, curve)}
    areas = {name: each.figures[area].value for name, each in models.items() if area in each.figures}
    return {name: getattr(each, curve) for name, each in models.items()}, areas


def _figure(title: str, chart: str, note: str, legend: str = "") -> str:
    return (
        f'<figure class="card"><figcaption><h3>{escape(title)}</h3>{legend}</figcaption>{chart}'
        f'<p class="note">{escape(note)}</p></figure>'
    )


def _calibration(report: Report, name: str) -> str:
    error = report.evaluation.models[name].figures.get("calibration_error")
    chance = report.evaluation.models[name].calibration_by_chance
    words = "Bars: Wilson’s 95 % intervals. Dashed: as good as its word. Dotted: base rate."
    if error is None or chance is None:
        return words
    beyond = "more than" if error.value > chance.high else "no more than"
    faultless = f"{beyond} a faultless forecast gets from chance ({chance.mean:.3f})"
    return f"Calibration error {error.value:.3f}, {faultless}. {words}"


def _legend(report: Report) -> str:
    names = enumerate(report.evaluation.models)
    items = (f'<li class="m{place % charts.SHADES + 1}">{escape(name)}</li>' for place, name in names)
    return f'<ul class="legend">{"".join(items)}</ul>'


def _kinds() -> str:
    kinds = (("dank", "dank"), ("middle", "between"), ("not", "not dank"))
    return f'<ul class="legend">{"".join(f"""<li class="{kind}">{words}</li>""" for kind, words in kinds)}</ul>'


def _footer(report: Report) -> str:
    return (
        "<footer><p>Dank: percentile 0.70 or more among neighbours in time of the same community; not dank: 0.35 or "
        "less; or labelled so. AUC, precision, accuracy and pairs are taken on these two ends, Brier, calibration and "
        "Spearman on all memes. Intervals hold 95 % of a bootstrap over blocks of time. Popularity is mostly luck, "
        "timing and audience: no reader of pictures could know it.</p>"
        f"<p>Made {day(report.made_utc)} by dankmeme; <code>report.json</code> has every figure.</p></footer>\n"
    )
