"""The figures as tables: of all models, of models against each other, of parts of the memes."""

from __future__ import annotations

from html import escape
from itertools import groupby

from dankmeme.training.compare import BETTER, DECIDED_BY, SAME
from dankmeme.training.evaluate import MEASURES, Evaluation, Figure, Slice
from dankmeme.training.report.contents import Contrast, Report
from dankmeme.training.words import number, sentence, share, span, told

KINDS = {"author": "By author", "group": "By community (and block)", "time": "Over time"}


def figures(report: Report) -> str:
    """Every figure of every model."""
    return f"<section><h2>Figures</h2>{_table(report.evaluation)}</section>\n"


def contrasts(report: Report) -> str:
    """How models compare on the same memes; nothing where none were compared."""
    if not report.comparisons:
        return ""
    listed = "".join(_contrast(each, f"{each.one} and {each.other}") for each in report.comparisons)
    return f'<section><h2>Against each other</h2><ul class="findings">{listed}</ul></section>\n'


def in_context(report: Report) -> str:
    """The model that knows more than the meme, in a section of its own; nothing where there is none."""
    if report.context is None:
        return ""
    found = report.context
    words = f"On {found.evaluation.rows:,} memes that tell what it reads. Every other figure here is of the meme alone."
    listed = f'<ul class="findings">{_contrast(found.contrast, f"Against the {found.contrast.other}")}</ul>'
    return (
        f'<section><h2>{escape(found.name.capitalize())}</h2><p class="note">{words}</p>'
        f"{_table(found.evaluation)}{listed}</section>\n"
    )


def slices(report: Report) -> str:
    """The main model on parts of the memes."""
    kinds = {kind: list(parts) for kind, parts in groupby(report.model.slices, key=lambda part: part.kind)}
    tables = "".join(_slices(kind, parts) for kind, parts in kinds.items() if any(part.auc for part in parts))
    if not tables:
        return ""
    note = f'<p class="note">Of {escape(report.main)}. A dash: too few memes at the two ends.</p>'
    return f'<section><h2>Part by part</h2>{note}<div class="tables">{tables}</div></section>\n'


def _table(measured: Evaluation) -> str:
    names = [name for name in MEASURES if any(name in each.figures for each in measured.models.values())]
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in measured.models)
    body = "".join(_measure(name, measured) for name in names) + _abstained(measured) + _thresholds(measured)
    table = (
        f'<table class="rows" style="--columns: {len(measured.models) + 1}">'
        f'<thead><tr><th scope="col">Figure</th>{head}<th scope="col">Chance</th></tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )
    return f'<div class="card scroll" tabindex="0">{table}</div>'


def _measure(name: str, measured: Evaluation) -> str:
    measure = MEASURES[name]
    cells = "".join(f"<td>{_cell(each.figures.get(name))}</td>" for each in measured.models.values())
    chance = measured.base_rate_at_ends if name == "average_precision" else measure.chance
    better = "" if measure.more_is_better else ", less is better"
    return (
        f'<tr><th scope="row">{measure.words}<small>{measure.meaning}{better}</small></th>{cells}'
        f"<td>{'–' if chance is None else f'{chance:.2f}'}</td></tr>"
    )


def _abstained(measured: Evaluation) -> str:
    """How often each can't tell, and what its accuracy is where it can."""
    if not any(each.abstention for each in measured.models.values()):
        return ""
    silent = [each.abstention for each in measured.models.values()]
    shares = "".join(f"<td>{_cell(each.share if each else None)}</td>" for each in silent)
    without = "".join(f"<td>{_cell(each.accuracy_without if each else None)}</td>" for each in silent)
    return (
        f'<tr><th scope="row">Can’t tell<small>share of memes it says so of</small></th>{shares}<td>–</td></tr>'
        f'<tr><th scope="row">Accuracy where it tells<small>at the two ends</small></th>{without}<td>–</td></tr>'
    )


def _thresholds(measured: Evaluation) -> str:
    if all(each.threshold is None for each in measured.models.values()):
        return ""
    models = measured.models.values()
    cells = "".join(f"<td>{'–' if each.threshold is None else number(each.threshold)}</td>" for each in models)
    name = "Dank from<small>probability, chosen on validation memes</small>"
    return f'<tr><th scope="row">{name}</th>{cells}<td>–</td></tr>'


def _cell(figure: Figure | None) -> str:
    return f"{number(figure.value)}<small>{span(figure)}</small>" if figure else "–"


def _contrast(contrast: Contrast, title: str) -> str:
    found = contrast.comparison
    kind = {BETTER: "good", SAME: "neutral"}.get(found.verdict, "bad")
    rest = "".join(_rest(name, each.difference) for name, each in found.figures.items() if name != DECIDED_BY)
    return (
        f'<li class="{kind}"><b>{escape(title)}</b> '
        f'<span>{escape(sentence(found.words))}</span><small class="rest">{rest}</small></li>'
    )


def _rest(name: str, difference: Figure) -> str:
    return f'<span class="together">{MEASURES[name].words} {told(difference, signed=True)}</span>'


def _slices(kind: str, parts: list[Slice]) -> str:
    body = "".join(
        f'<tr><th scope="row">{_part(each)}</th><td>{each.rows:,}</td><td>{_dank(each)}</td>'
        f"<td>{_cell(each.auc)}</td><td>{_cell(each.balanced_accuracy)}</td><td>{_cell(each.brier)}</td></tr>"
        for each in parts
    )
    head = "".join(
        f'<th scope="col">{name}</th>' for name in ("Memes", "Dank", "AUC", "Balanced accuracy", "Brier score")
    )
    return (
        f'<div class="card scroll" tabindex="0"><h3>{KINDS[kind]}</h3>'
        f'<table class="rows" style="--columns: 5"><thead><tr><th scope="col">Part</th>{head}'
        f"</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _dank(part: Slice) -> str:
    return share(part.dank / part.rows) if part.rows else "–"


def _part(part: Slice) -> str:
    """The name of a part; a date stays on one line."""
    return escape(part.name.replace("-", "\N{NON-BREAKING HYPHEN}") if part.kind == "time" else part.name)
