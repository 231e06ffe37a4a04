"""`dank train`."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from dankmeme.cli.bundles import folder_of
from dankmeme.cli.ending import clear_errors, interruptible
from dankmeme.cli.opening import open_workshop
from dankmeme.cli.saying import say, wrong

if TYPE_CHECKING:
    from dankmeme.models.bundle import Bundle, Reading
    from dankmeme.training.material import Material
    from dankmeme.training.workshop import Data, Made, Workshop


class Beside(StrEnum):
    """What a context model may read beside the verdict."""

    TITLE = "title"
    CLOCK = "clock"


MOST_HELD = 0.8
MOST_SEED = 2**32 - 1
SHOWN = 5

train = typer.Typer(help="Train models of one's own on a dataset folder.", no_args_is_help=True)

DataOption = Annotated[
    Path, typer.Option("--data", help="A dataset folder (`dank dataset build`), a posts.jsonl, or dank/ and not_dank/.")
]
NameOption = Annotated[str | None, typer.Option(help="Name of the model.", show_default="the dataset's")]
OutOption = Annotated[Path | None, typer.Option(help="Where the bundle goes.", show_default="models/ in DANK_HOME")]
TestOption = Annotated[
    float, typer.Option(min=0, max=0.8, help="Share of the newest memes to test on, which training never looks at.")
]
KeepOption = Annotated[
    float, typer.Option(min=0, max=0.8, help="Share of the very newest memes to keep for the next round's test.")
]
AgeOption = Annotated[
    float, typer.Option(min=0, help="Hours after which scores are compared, where they were followed.")
]
ShuffleOption = Annotated[
    int | None,
    typer.Option(
        "--shuffle-labels",
        min=0,
        max=MOST_SEED,
        help="Shuffle all labels with this seed: over several, what comes out must rank at 0.5.",
    ),
]
PeopleOption = Annotated[
    float,
    typer.Option(
        "--people",
        min=0,
        max=1,
        help="Mix what people think into the labels that are learnt from: this share of one of which all is known.",
    ),
]
ThreadsOption = Annotated[int | None, typer.Option(min=1, max=256, help="Threads.", show_default="all cores")]


@train.command()
def cnn(
    data: DataOption,
    backbone: Annotated[
        str,
        typer.Option(
            help="bundled, scratch, vgg16-2018, keras:NAME, an ONNX file, its https address, or OWNER/NAME on the hub."
        ),
    ] = "bundled",
    weights: Annotated[Path | None, typer.Option(help="A file of weights for a Keras backbone.")] = None,
    side: Annotated[
        int | None, typer.Option(min=32, max=1024, help="Pictures are squashed to this many pixels.")
    ] = None,
    pixels: Annotated[
        str | None, typer.Option(help="Scale of an ONNX file's pixels: signed, unit, imagenet, clip or raw.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Epochs of the head, or of a network from scratch.")] = None,
    fine_tune: Annotated[
        int | None, typer.Option(min=0, help="Epochs in which the backbone is trained too; 0 leaves it as it is.")
    ] = None,
    batch: Annotated[int, typer.Option(min=2, help="Pictures in one step.")] = 64,
    patience: Annotated[int, typer.Option(min=1, help="Epochs without progress after which a stage ends.")] = 8,
    budget: Annotated[float | None, typer.Option(min=0, help="Minutes after which training ends.")] = None,
    seed: Annotated[int, typer.Option(min=0, max=MOST_SEED, help="Of all chance.")] = 1,
    name: NameOption = None,
    out: OutOption = None,
    test: TestOption = 0.15,
    keep: KeepOption = 0.05,
    age: AgeOption = 48.0,
    people: PeopleOption = 0.0,
    shuffle: ShuffleOption = None,
    threads: ThreadsOption = None,
) -> None:
    """Train an image model: a backbone with a head of its own, frozen first, then fine-tuned.

    Writes a bundle that `dank classify --bundle`, `DANK_BUNDLES`, `dank train automl` and `dank evaluate` take. May be
    interrupted or killed: the same command goes on where it stopped. Exits with 0 when done, 2 on wrong usage or a
    dataset that nothing can be learnt from.
    """
    with clear_errors(), interruptible(), open_workshop(threads) as shop:
        from dankmeme.training.backbones import resolve
        from dankmeme.training.cnn_bundle import CnnPlan, train_cnn
        from dankmeme.training.lessons import Options
        from dankmeme.training.workshop import material_of

        chosen = _data(data, test, keep, age, shuffle, people)
        found = resolve(backbone, weights=weights, side=side, pixels=pixels, folder=shop.place.backbones)
        options = Options(
            epochs=epochs,
            fine_tune_epochs=fine_tune,
            batch=batch,
            patience=patience,
            threads=shop.threads,
            seed=seed,
            budget=None if budget is None else 60 * budget,
        )
        made = train_cnn(CnnPlan(chosen, found, options, name, out), material_of(chosen, shop), shop)
    facts = made.facts["cnn"]
    say(f"cnn: {facts['kept']}, AUC {facts['auc_of_choice']:.3f} on the memes that chose it, which is no test")
    say(f"ONNX differs from the original by {facts['largest_difference_onnx']:.1e} at most")
    _finished(made, data)


@train.command()
def automl(
    data: DataOption,
    cnn: Annotated[
        Path | None,
        typer.Option(
            help="A bundle whose image model is taken.", show_default="the newest of this dataset, or a new one"
        ),
    ] = None,
    backbone: Annotated[
        str, typer.Option(help="Backbone of the image model, where a new one is made; see `dank train cnn`.")
    ] = "bundled",
    budget: Annotated[float, typer.Option(min=0, help="Minutes of the search.")] = 5.0,
    trials: Annotated[int, typer.Option(min=1, help="So many tries at most.")] = 200,
    captions: Annotated[
        Path | None,
        typer.Option(help='Captions without pictures to learn words from: {"caption", "percentile"} a line.'),
    ] = None,
    context: Annotated[
        list[Beside] | None,
        typer.Option(
            "--with", help="Make a forecast with the title or the clock too, beside the verdict; may be said twice."
        ),
    ] = None,
    name: NameOption = None,
    out: OutOption = None,
    test: TestOption = 0.15,
    keep: KeepOption = 0.05,
    age: AgeOption = 48.0,
    people: PeopleOption = 0.0,
    shuffle: ShuffleOption = None,
    threads: ThreadsOption = None,
) -> None:
    """Train a model of embeddings, captions, layout and colours, and its ensemble with the image model.

    Searches among gradient boosting, linear models and networks for so many minutes. Writes a bundle with both models.
    May be interrupted or killed: the same command goes on where it stopped. Exits with 0 when done, 2 on wrong usage or
    a dataset that nothing can be learnt from.
    """
    with clear_errors(), interruptible(), open_workshop(threads) as shop:
        from dankmeme.training.automl_bundle import AutomlPlan, train_automl
        from dankmeme.training.workshop import material_of

        chosen = _data(data, test, keep, age, shuffle, people)
        if captions is not None and not captions.is_file():
            raise wrong(f"there is no file {captions}", hint="--captions")
        material = material_of(chosen, shop)
        reads = _reads(context or [], material)
        base = _base(cnn, backbone, chosen, material, shop)
        plan = AutomlPlan(chosen, base, 60 * budget, trials, captions, reads, name, out)
        made = train_automl(plan, material, shop)
    _leaderboard(made)
    _finished(made, data)


def _data(path: Path, test: float, keep: float, age: float, shuffle: int | None, people: float) -> Data:
    from dankmeme.training.split import Shares
    from dankmeme.training.workshop import Data

    if test + keep > MOST_HELD:
        raise wrong(f"together at most {MOST_HELD}: training needs memes too", hint="--test/--keep")
    return Data(path, Shares(test=test, kept=keep), age, shuffle, people)


def _reads(asked: Sequence[Beside], material: Material) -> tuple[Reading, ...]:
    """What a context model is to read, in its order; an error before an image model is made, if it cannot."""
    from dankmeme.models.context import READINGS
    from dankmeme.training.context import Posted, check_context, postings_of

    reads = tuple(reading for reading in READINGS if reading in asked)
    check_context(reads, Posted(postings_of(material.posts), material.labels), material.parts)
    return reads


def _base(cnn: Path | None, backbone: str, data: Data, material: Material, shop: Workshop) -> Bundle:
    """The bundle whose image model automl takes: the one named, the newest of the dataset, or a new one."""
    from dankmeme.models.bundle import Bundle

    if cnn is not None:
        return Bundle(folder_of(cnn))
    there = shop.place.bundles_of(material.version, data.facts()) if backbone == "bundled" else []
    if there:
        say(f"taking the image model of {there[0].version}; --cnn names another")
        return there[0]
    from dankmeme.training.backbones import resolve  # it takes seconds to load PyTorch
    from dankmeme.training.cnn_bundle import CnnPlan, train_cnn
    from dankmeme.training.lessons import Options

    say(f"no image model of this dataset yet: fitting a head on the backbone {backbone}")
    found = resolve(backbone, folder=shop.place.backbones)
    options = Options(fine_tune_epochs=0, threads=shop.threads)
    return train_cnn(CnnPlan(data, found, options), material, shop).bundle


def _leaderboard(made: Made) -> None:
    from dankmeme.cli.figures import say_table

    facts = made.facts["automl"]
    tries = facts["leaderboard"][:SHOWN]
    say_table(
        f"The best {len(tries)} of {facts['trials']} tries in {facts['seconds'] / 60:.1f} minutes, over folds of time",
        ("AUC", "worst to best fold", "family", "reads"),
        (
            (f"{each['auc']:.3f}", _span(each["folds"]), each["settings"]["family"], ", ".join(each["sets"]))
            for each in tries
        ),
    )
    best = ", ".join(f"{family} {value:.3f}" for family, value in facts["best_of_family"].items())
    say(f"best of each family: {best}")
    say("")
    say(f"ONNX differs from the original by {facts['largest_difference_onnx']:.1e} at most")


def _span(folds: Sequence[float]) -> str:
    return f"{min(folds):.3f} to {max(folds):.3f}"


def _finished(made: Made, data: Path) -> None:
    folder = made.bundle.folder
    share = made.bundle.manifest.automl_share
    if made.bundle.reads_captions:
        say(f"verdict: {share:.0%} automl, {1 - share:.0%} cnn; weighed on memes that neither learnt from")
    if reads := made.bundle.manifest.context:
        say(f"beside it: a forecast with {' and '.join(reads)}, fitted on the same memes")
    say(f"{made.bundle.version} is in {folder}")
    from dankmeme.training.examination import FEWEST

    tested = int((made.material.parts == "test").sum())
    if tested >= FEWEST:
        say(f"measure it: dank evaluate --data {quote(str(data))} --bundle {quote(str(folder))}")
    else:
        say(f"too few memes are kept to measure it on: {tested} of {FEWEST}; a larger --test keeps more")
    say(f"use it: dank classify --bundle {quote(str(folder))} MEME")
