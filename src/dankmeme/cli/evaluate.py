"""`dank evaluate` and `dank compare`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dankmeme.cli.bundles import folder_of
from dankmeme.cli.ending import clear_errors, interruptible
from dankmeme.cli.opening import open_workshop
from dankmeme.cli.saying import say, wrong
from dankmeme.cli.train import DataOption, ThreadsOption

if TYPE_CHECKING:
    from dankmeme.training.audit import Finding
    from dankmeme.training.compare import Comparison
    from dankmeme.training.evaluate import Evaluation
    from dankmeme.training.examination import Examined
    from dankmeme.training.ladder import Ladder
    from dankmeme.training.report import InContext

BundleOption = Annotated[
    Path | None, typer.Option("--bundle", help="What to measure.", show_default="the bundle that ships with dankmeme")
]
LearntOption = Annotated[
    Path | None,
    typer.Option("--trained-on", help="The dataset it was trained on, where --data is another: for ladder and audit."),
]


def evaluate(
    data: DataOption,
    bundle: BundleOption = None,
    trained_on: LearntOption = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for report.html and report.json.", show_default="reports/ in DANK_HOME")
    ] = None,
    no_pictures: Annotated[bool, typer.Option("--no-pictures", help="Show no memes in the report.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")] = False,
    threads: ThreadsOption = None,
) -> None:
    """Measure a model honestly: on the test part of the dataset it was trained on, or on a dataset it never saw.

    Figures with 95 % intervals, the ladder of simpler models, an audit for leaks, the noise ceiling, and a report page.
    The test part should be scored once: what is chosen by its figures is no test any more. Writes a model card into
    the bundle where the dataset is its own. Exits with 0 when done, 1 if the audit found a leak, 2 on wrong usage.
    """
    with clear_errors(), interruptible(), open_workshop(threads) as shop:
        from dankmeme.models.bundle import Bundle
        from dankmeme.training.cards import add_card
        from dankmeme.training.examination import examine
        from dankmeme.training.report import as_json as plain
        from dankmeme.training.report import write_report

        opened = Bundle(folder_of(bundle)) if bundle else Bundle.default()
        found = examine(opened, data, shop, learnt_from=trained_on, pictures=not no_pictures)
        folder = out or shop.place.reports / f"{opened.version}-on-{data.resolve().name}"
        folder.mkdir(parents=True, exist_ok=True)
        page, _ = write_report(found.report, folder)
        if found.own and bundle is not None:
            add_card(opened, found.report)
    if as_json:
        say(json.dumps(plain(found.report), ensure_ascii=False))
    else:
        _show(found, page)
    leaks = found.report.audit.leaks if found.report.audit else []
    raise typer.Exit(1 if leaks else 0)


def compare(
    one: Annotated[Path, typer.Argument(metavar="A", help="A bundle.")],
    other: Annotated[Path, typer.Argument(metavar="B", help="Another one.")],
    data: DataOption,
    model: Annotated[str, typer.Option(help="Which of their models: verdict, cnn or automl.")] = "verdict",
    as_json: Annotated[bool, typer.Option("--json", help="Print the comparison as one JSON object.")] = False,
    threads: ThreadsOption = None,
) -> None:
    """Compare two models on the same rows, which neither has seen, with a paired bootstrap.

    Exits with 0 if A is better beyond noise or not told apart from B, 1 if it is worse beyond noise, 2 on wrong usage.
    """
    with clear_errors(), interruptible(), open_workshop(threads) as shop:
        from dankmeme.models.bundle import Bundle
        from dankmeme.training.examination import face_to_face

        bundles = Bundle(folder_of(one)), Bundle(folder_of(other))
        for bundle in bundles:
            if model not in bundle.manifest.models:
                raise wrong(
                    f"{bundle.version} has no {model}, only {', '.join(bundle.manifest.models)}", hint="--model"
                )
        found = face_to_face(bundles, model, data, shop)
    if as_json:
        from dankmeme.training.report.files import plain_of

        say(json.dumps(plain_of(found), ensure_ascii=False))
    else:
        _show_comparison(found, bundles[0].version, bundles[1].version)
    raise typer.Exit(1 if found.verdict.startswith("worse") else 0)


def _show(found: Examined, page: Path) -> None:
    from dankmeme.cli.figures import say_list

    report = found.report
    say(report.headline)
    for fact in report.facts:
        say(f"{fact.term}: {fact.words}")
    _show_figures(report.evaluation, f"Figures on {report.evaluation.rows:,} test memes, with 95 % intervals")
    say_list(
        "Differences on the same memes",
        (f"{each.one} and {each.other}: {each.comparison.words}" for each in report.comparisons),
    )
    _show_in_context(report.context)
    _show_ladder(report.ladder)
    say_list("Audit", (_finding(each) for each in (report.audit.findings if report.audit else [])))
    say_list("What could not be done", report.gaps)
    say("")
    say(f"report: {page}")


def _show_in_context(context: InContext | None) -> None:
    """What knows more than the meme, under a title of its own."""
    if context is None:
        return
    contrast = context.contrast
    _show_figures(
        context.evaluation, f"{context.name.capitalize()}, on {context.evaluation.rows:,} test memes that tell it"
    )
    say(f"against the {contrast.other}: {contrast.comparison.words}")


def _show_figures(evaluation: Evaluation, title: str) -> None:
    from dankmeme.cli.figures import say_table
    from dankmeme.training.evaluate import MEASURES
    from dankmeme.training.words import told

    models = evaluation.models
    rows = (
        [measure.words, *(told(each.figures.get(name)) for each in models.values())]
        for name, measure in MEASURES.items()
        if any(name in each.figures for each in models.values())
    )
    say_table(title, ("", *models), rows)


def _show_ladder(ladder: Ladder | None) -> None:
    from dankmeme.cli.figures import say_table
    from dankmeme.training.words import told

    if ladder is not None and ladder.rungs:
        rows = (
            [each.name, told(each.alone), told(each.joined), told(each.increment, signed=True)] for each in ladder.rungs
        )
        say_table("The ladder: AUC by what is known", ("", "alone", "with all above", "which adds"), rows)


def _finding(found: Finding) -> str:
    mark = "✓" if found.passed else f"✗ {found.severity}:"
    return f"{mark} {found.name}: {found.words}"


def _show_comparison(found: Comparison, one: str, other: str) -> None:
    from dankmeme.cli.figures import say_table
    from dankmeme.training.evaluate import MEASURES
    from dankmeme.training.words import number, told

    rows = (
        [MEASURES[name].words, number(each.one), number(each.other), told(each.difference, signed=True), each.verdict]
        for name, each in found.figures.items()
    )
    say(f"{one} against {other}: {found.words}")
    say_table(f"On {found.rows:,} memes that neither has seen", ("", one, other, "difference, 95 %", ""), rows)
