from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from dankmeme.api.schemas import FigureAnswer
from dankmeme.training import charts
from dankmeme.training.audit import Audit, Finding
from dankmeme.training.card import LUCK, Making, card, caveats, figures_file, shown
from dankmeme.training.ceiling import Ceiling, ceiling
from dankmeme.training.compare import compare
from dankmeme.training.evaluate import MEASURES, Figure, Forecast, evaluate
from dankmeme.training.ladder import ladder
from dankmeme.training.report import Contrast, Fact, Meme, Report, as_json, extremes, page, write_report
from dankmeme.training.rungs import Categories, Scores
from dankmeme.training.words import sentence
from tests.training.memes import forecast, made

EVIL = "<script>alert('x')</script> \"quoted\" & <img src=x onerror=alert(1)>"
VOID = {"meta", "img", "br", "link"}
JPEG = b"\xff\xd8\xff\xe0 not really"


def test_a_sentence_begins_with_a_capital_letter_but_the_name_of_a_file_stays_as_it_is() -> None:
    said = ["it is late", "cnn.onnx is damaged", "see below. then", "done!"]
    assert [sentence(each) for each in said] == ["It is late.", "cnn.onnx is damaged.", "See below. then.", "Done!"]


@pytest.fixture(scope="module")
def full() -> Report:
    each = made(900, strength=0.7)
    rows, quality = each.rows[600:], each.quality[600:]
    said = replace(forecast(quality, 0.5), abstained=np.arange(300) % 9 == 0)
    blunt = forecast(quality, 3.0)
    measured = evaluate(
        rows, {"verdict": said, EVIL: blunt}, thresholds={"verdict": 0.3}, seen_authors=np.arange(300) < 150
    )
    return Report(
        name=f"verdict 7 {EVIL}",
        main="verdict",
        made_utc=1_790_000_000.0,
        evaluation=measured,
        facts=[Fact("Split", f"by time {EVIL}")],
        ladder=ladder(
            each.rows[:600],
            rows,
            {
                f"author {EVIL}": Categories(each.rows.author[:600], rows.author),
                "all": Scores(said.ranking, knows_all=True),
            },
        ),
        audit=Audit([Finding("drift", True, "warning", f"none {EVIL}")], [f"authors: unknown {EVIL}"]),
        ceiling=ceiling(rows),
        comparisons=[Contrast("verdict", EVIL, compare(rows, said, blunt))],
        memes=[Meme("overrated", EVIL, 0.9, 0.1, 12.0, f"r/{EVIL}", JPEG), Meme("underrated", "", 0.1, None)],
        could_not=[f"early votes: none {EVIL}"],
    )


class Tags(HTMLParser):
    """Every tag of a page, and whether all are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from numbers(each)
    elif isinstance(value, float):
        yield value


def test_the_page_tells_everything(full: Report) -> None:
    text = page(full)
    for words in (
        full.headline,
        "What it was measured on",
        "Figures",
        "Against each other",
        "Reliability",
        "ROC",
        "Precision and recall",
        "Probabilities",
        "The ladder",
        "Audit",
        "The ceiling",
        "Part by part",
        "Best and worst",
        "What could not be done",
        "authors not seen in training",
        "no picture was posted more than once",
    ):
        assert words.replace("(", '<span class="together">(').replace(")", ")</span>") in text or words in text
    for name, figure in full.model.figures.items():
        assert MEASURES[name].words in text
        assert f"{figure.value:.3f}" in text.replace("−", "-")


def test_the_page_is_one_whole_file_without_scripts(full: Report) -> None:
    tags = Tags(page(full))
    assert tags.open == []
    names = [name for name, _ in tags.found]
    assert "script" not in names
    assert "link" not in names
    sources = [held[each] for _, held in tags.found for each in ("src", "href") if held.get(each)]
    assert len(sources) == 1
    assert sources[0].startswith("data:image/jpeg;base64,")
    assert "http" not in page(full)
    assert "@import" not in page(full)
    assert not [each for _, held in tags.found for each in held if each.startswith("on")]


def test_what_strangers_wrote_is_escaped(full: Report) -> None:
    text = page(full)
    assert "<script" not in text
    assert "<img src=x" not in text
    assert text.count("&lt;script&gt;") >= 9


def test_charts_are_well_formed_and_named_for_screen_readers(full: Report) -> None:
    drawings = re.findall(r"<svg.*?</svg>", page(full), re.DOTALL)
    assert len(drawings) == 7
    for each in drawings:
        root = ElementTree.fromstring(each)
        assert root.get("role") == "img"
        assert root.findtext("title")
        assert root.findtext("desc")
        assert "nan" not in each


def test_the_json_has_everything_and_no_number_that_is_none(full: Report, tmp_path: Path) -> None:
    _, machine = write_report(full, tmp_path)
    text = machine.read_text()
    read = json.loads(text, parse_constant=lambda name: pytest.fail(name))
    assert read["format"] == 1
    assert read["headline"] == full.headline
    assert read["could_not"] == full.gaps
    assert set(read["evaluation"]["models"]) == {"verdict", EVIL}
    figure = full.model.figures["auc"]
    assert read["evaluation"]["models"]["verdict"]["figures"]["auc"] == {
        "value": figure.value,
        "low": figure.low,
        "high": figure.high,
    }
    assert {"rungs", "within", "could_not"} == set(read["ladder"])
    assert {"findings", "could_not"} == set(read["audit"])
    assert "thumbnail" not in text
    assert set(read["measures"]) == set(MEASURES)


def test_what_is_no_number_is_null_in_the_json(full: Report) -> None:
    odd = replace(full, ceiling=Ceiling(1, 2, 0, Figure(math.nan, 0.0, math.inf)))
    assert as_json(odd)["ceiling"]["spearman"] == {"value": None, "low": 0.0, "high": None}
    assert all(map(math.isfinite, numbers(as_json(full))))


def test_both_files_are_written(full: Report, tmp_path: Path) -> None:
    html, machine = write_report(full, tmp_path)
    assert html == tmp_path / "report.html"
    assert machine == tmp_path / "report.json"
    assert html.read_text(encoding="utf-8") == page(full)


def with_auc(report: Report, auc: Figure | None) -> Report:
    figures = {name: each for name, each in report.model.figures.items() if name != "auc"}
    model = replace(report.model, figures=figures | ({"auc": auc} if auc else {}))
    return replace(report, evaluation=replace(report.evaluation, models=report.evaluation.models | {"verdict": model}))


def test_the_headline_is_plain() -> None:
    each = made(600, strength=0.7)
    report = Report("a", "verdict", 0.0, evaluate(each.rows, {"verdict": forecast(each.quality)}))
    good = with_auc(report, Figure(0.72, 0.70, 0.74)).headline
    assert good == "Ranks a dank meme above a not dank one 72 times in 100 (70–74); a coin does 50."
    assert with_auc(report, Figure(0.52, 0.48, 0.56)).headline.endswith("It has not been shown to rank them at all.")
    assert with_auc(report, None).headline == "Too few memes to say how well it ranks."


def test_a_leak_is_said_at_the_top(full: Report) -> None:
    leaky = replace(full, audit=Audit([Finding("the label in a feature", False, "leak", "views has AUC 1")], []))
    assert "Don’t believe these figures yet" in page(leaky)
    assert "Don’t believe" not in page(full)
    assert caveats(leaky, Making("memes"))[0].startswith("Its figures can't be believed: the label in a feature")


def test_too_few_memes_still_give_a_page() -> None:
    each = made(12)
    nothing = evaluate(each.rows, {"cnn": forecast(each.quality)})
    report = Report("cnn 1", "cnn", 0.0, nothing, memes=[])
    text = page(report)
    assert Tags(text).open == []
    assert "Too few memes to say how well it ranks." in text
    assert "it takes 10 of each" in text
    assert "Too few" in card(report, Making("memes"))


def test_the_most_striking_memes_are_picked() -> None:
    rows = made(100).rows
    said = Forecast(np.where(np.arange(100) < 50, 0.9, 0.1) + np.arange(100) / 10_000)
    found = extremes(rows, said, 3)
    dank, not_dank = np.flatnonzero(rows.dank), np.flatnonzero(rows.not_dank)
    assert found["rightly dank"].tolist() == sorted(dank[dank < 50])[::-1][:3]
    assert found["overrated"].tolist() == sorted(not_dank[not_dank < 50])[::-1][:3]
    assert found["rightly not dank"].tolist() == sorted(not_dank[not_dank >= 50])[:3]
    assert found["underrated"].tolist() == sorted(dank[dank >= 50])[:3]


def test_the_card_has_the_form_that_the_web_page_reads(full: Report) -> None:
    kept = json.loads(json.dumps(figures_file(full, Making("memes of r/memes")), allow_nan=False))
    assert set(kept) == {"shown", "caveats", "all"}
    answers = [FigureAnswer.model_validate(each) for each in kept["shown"]]
    assert answers[0].name == "Ranks a dank meme above a not dank one"
    assert not answers[0].includes_chance
    assert [each["name"] for each in shown(full)][-1] == f"The {EVIL} alone"
    assert kept["caveats"][0].startswith("It learnt from votes on memes of r/memes;")
    assert kept["caveats"][-1] == LUCK
    assert any("It can't tell about 11" in each for each in kept["caveats"])


def test_a_ranking_that_includes_chance_says_so(full: Report) -> None:
    poor = with_auc(full, Figure(0.52, 0.48, 0.56))
    assert shown(poor)[0]["includes_chance"]
    assert "it has not been shown to rank them at all" in caveats(poor, Making("memes"))[0]


def test_the_card_tells_what_the_report_does(full: Report) -> None:
    text = card(full, Making("memes", ["9,000 posts."], ["probability: Venn–Abers"], ["English alone"]))
    for title in ("# Model card: verdict 7", "## Figures", "### Ladder", "### Audit", "### Ceiling", "## The rule"):
        assert title in text
    for line in ("9,000 posts.", "- probability: Venn–Abers", "- English alone.", full.headline):
        assert line in text
    assert f"| AUC | {full.model.figures['auc']} |" in text
    columns = {
        line.replace("\\|", "").count("|") for line in text.split("### Ladder")[0].splitlines() if line[:1] == "|"
    }
    assert columns == {4}


def test_each_bin_is_a_point_and_each_rung_a_line(full: Report) -> None:
    drawn = charts.reliability(full.model.reliability, 0.3)
    assert drawn.count("<circle") == len(full.model.reliability)
    rungs = charts.ladder([charts.Line("prior", Figure(0.5, 0.5, 0.5), None), charts.Line("none", None, None)])
    assert rungs.count("<circle") == 1
    assert rungs.count('class="rung"') == 2
