"""The command `dank`: thin, it parses, calls one function and prints."""

from __future__ import annotations

from typing import Annotated

import typer

import dankmeme
from dankmeme.cli.backup import backup, restore
from dankmeme.cli.bank import bank
from dankmeme.cli.classify import classify
from dankmeme.cli.dataset import dataset
from dankmeme.cli.demo import demo
from dankmeme.cli.doctor import doctor
from dankmeme.cli.duplicates import delete, duplicates
from dankmeme.cli.evaluate import compare, evaluate
from dankmeme.cli.export import export
from dankmeme.cli.failures import failures, retry
from dankmeme.cli.ingest import ingest, scrape
from dankmeme.cli.label import label
from dankmeme.cli.labels import labels
from dankmeme.cli.migrate import migrate
from dankmeme.cli.models import models
from dankmeme.cli.predict import predict
from dankmeme.cli.retrain import retrain
from dankmeme.cli.saying import say
from dankmeme.cli.schedule import schedule
from dankmeme.cli.serve import serve
from dankmeme.cli.train import train
from dankmeme.cli.worker import queue, worker

app = typer.Typer(
    name="dank",
    help="How dank is this meme?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(classify)
app.command()(serve)
app.command()(scrape)
app.command()(ingest)
app.command()(predict)
app.command()(demo)
app.command()(worker)
app.command()(failures)
app.command()(retry)
app.command()(export)
app.command()(evaluate)
app.command()(compare)
app.command()(label)
app.command()(retrain)
app.command()(doctor)
app.command()(migrate)
app.command()(backup)
app.command()(restore)
app.add_typer(queue, name="queue")
app.add_typer(schedule, name="schedule")
app.add_typer(bank, name="bank")
app.add_typer(duplicates, name="duplicates")
app.add_typer(delete, name="delete")
app.add_typer(dataset, name="dataset")
app.add_typer(labels, name="labels")
app.add_typer(train, name="train")
app.add_typer(models, name="models")


def _version(asked: bool) -> None:
    if asked:
        say(f"dank {dankmeme.__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """How dank is this meme?"""
