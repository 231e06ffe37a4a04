"""What was found beside the figures: ladder, audit, ceiling, striking memes, and what could not be done."""

from __future__ import annotations

from base64 import b64encode
from html import escape

from dankmeme.training import charts
from dankmeme.training.audit import Finding
from dankmeme.training.ceiling import Ceiling
from dankmeme.training.evaluate import Figure
from dankmeme.training.ladder import Rung
from dankmeme.training.report.contents import KINDS, Kind, Meme, Report
from dankmeme.training.words import number, sentence, share, span, told

TITLES: dict[Kind, tuple[str, str]] = {
    "rightly dank": ("Called dank, and it was", "good"),
    "rightly not dank": ("Called not dank, and it was not", "good"),
    "overrated": ("Called dank, but nobody cared", "bad"),
    "underrated": ("Called not dank, but it took off", "bad"),
}


def ladder(report: Report) -> str:
    """What each rung adds."""
    if not (report.ladder and report.ladder.rungs):
        return ""
    found = report.ladder
    chart = charts.ladder([charts.Line(each.name, each.joined, each.alone) for each in found.rungs])
    columns = ["Known", "Alone", "With all below", "Gain", *([f"Within {found.within}"] if found.within else [])]
    head = "".join(f'<th scope="col">{name}</th>' for name in columns)
    body = "".join(_rung(each, bool(found.within)) for each in found.rungs)
    note = "Filled: with all rungs below. Hollow: alone. Dashed: a coin. The claim is the gain, not the top rung."
    return (
        '<section><h2>The ladder: what is gained by knowing more</h2><div class="pair"><figure class="card">'
        f'{chart}<p class="note">{note}</p></figure><div class="card scroll" tabindex="0">'
        f'<table class="rows" style="--columns: {len(columns) - 1}">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></div></section>\n"
    )


def audit(report: Report) -> str:
    """Every check with what it found."""
    if not report.audit:
        return ""
    listed = "".join(_finding(each) for each in report.audit.findings)
    return f'<section><h2>Audit</h2><ul class="findings">{listed}</ul></section>\n'


def ceiling(report: Report) -> str:
    """How well one posting tells of the next, where that could be taken."""
    found = report.ceiling
    if not found:
        return ""
    if found.could_not:
        words = sentence(found.could_not)
    else:
        words = (
            f"{found.pictures:,} pictures were posted more than once ({found.postings:,} pairs of postings, "
            f"{found.elsewhere:,} of them from one community to another). Ranked by how the earlier posting did, the "
            f"later ones have AUC {told(found.auc)}; Spearman {told(found.spearman)}, accuracy on pairs "
            f"{told(found.pair_accuracy)}.{_reachable(found)}"
        )
    return f'<section><h2>The ceiling</h2><p class="card lead">{escape(words)}</p></section>\n'


def memes(report: Report) -> str:
    """The most striking memes of each kind."""
    groups = "".join(_memes(kind, [each for each in report.memes if each.kind == kind]) for kind in KINDS)
    return f"<section><h2>Best and worst</h2>{groups}</section>\n" if groups else ""


def gaps(report: Report) -> str:
    """What could not be done, and why."""
    listed = "".join(f"<li>{escape(sentence(each))}</li>" for each in report.gaps)
    nothing = "<p>Nothing: every figure and every check could be taken.</p>"
    body = f'<ul class="gaps">{listed}</ul>' if listed else nothing
    return f'<section><h2>What could not be done</h2><div class="sunken">{body}</div></section>\n'


def _reachable(found: Ceiling) -> str:
    if not (found.reachable and found.spearman and found.spearman.low > 0):
        return " That includes chance: there may be nothing in the picture to read."
    return (
        " One posting is a noisy reading of its picture itself: if postings differ by chance alone, a faultless reader "
        f"of pictures would reach a Spearman of about {found.reachable:.2f}, and none can do better."
    )


def _rung(rung: Rung, within: bool) -> str:
    gain = rung.increment
    kind = "" if gain is None or gain.low <= 0 <= gain.high else ' class="sure"'
    gained = f"{number(gain.value, signed=True)}<small>{span(gain, signed=True)}</small>" if gain else "–"
    cells = [rung.alone, rung.joined]
    shown = "".join(f"<td>{_cell(each)}</td>" for each in cells) + f"<td{kind}>{gained}</td>"
    inside = f"<td>{_cell(rung.joined_within or rung.alone_within)}</td>" if within else ""
    return f'<tr><th scope="row">{escape(rung.name)}</th>{shown}{inside}</tr>'


def _cell(figure: Figure | None) -> str:
    return f"{number(figure.value)}<small>{span(figure)}</small>" if figure else "–"


def _finding(finding: Finding) -> str:
    kind, mark = ("good", "passed") if finding.passed else ("bad", finding.severity)
    return (
        f'<li class="{kind}"><b>{escape(finding.name.capitalize())}</b> <i>{mark}</i> '
        f"<span>{escape(sentence(finding.words))}</span></li>"
    )


def _memes(kind: Kind, found: list[Meme]) -> str:
    if not found:
        return ""
    title, good = TITLES[kind]
    return f'<h3 class="{good}">{title}</h3><ul class="memes">{"".join(map(_meme, found))}</ul>'


def _meme(meme: Meme) -> str:
    picture = '<div class="blank">no picture</div>'
    caption = escape(meme.caption)
    if meme.thumbnail:
        data = b64encode(meme.thumbnail).decode("ascii")
        picture = f'<img src="data:image/jpeg;base64,{data}" alt="{caption or "a meme without words"}">'
    did = [] if meme.percentile is None else [f"did better than {share(meme.percentile)}"]
    did += [] if meme.score is None else [f"{meme.score:,.0f} points"]
    did += [escape(meme.community)] if meme.community else []
    return (
        f'<li class="card">{picture}<p class="said">{share(meme.probability)} dank</p>'
        f'<p class="did">{", ".join(did)}</p><p class="caption">{caption}</p></li>'
    )
