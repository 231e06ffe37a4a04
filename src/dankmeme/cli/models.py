"""`dank models`."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dankmeme.cli.bundles import folder_of
from dankmeme.cli.ending import clear_errors, interruptible
from dankmeme.cli.saying import say

if TYPE_CHECKING:
    from dankmeme.models.registry import Registry
    from dankmeme.storage.answering import Answering
    from dankmeme.storage.database import Database
    from dankmeme.storage.registry import Decision, Registered
    from dankmeme.training.gate import Ruling
    from dankmeme.training.promotion import Gate, Promoter

BY = "command line"
WAIT_SECONDS = 30.0
models = typer.Typer(help="The registered models: see, try in the shadow, promote, roll back.", no_args_is_help=True)
VersionArgument = Annotated[
    str, typer.Argument(metavar="VERSION", help="As `dank models list` shows it, or a bundle's folder.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@models.command("list")
def everyone(as_json: JsonOption = False) -> None:
    """Show the registered models, what each is for, and which the running processes use."""
    with clear_errors(), _opened() as desk:
        from dankmeme.storage import answering, registry

        desk.bundles.lineup()
        found, processes = registry.everyone(desk.database), answering.now(desk.database)
    if as_json:
        said = {"models": [vars(each) for each in found], "processes": [vars(each) for each in processes]}
        say(json.dumps(said, ensure_ascii=False))
        return
    from dankmeme.cli.figures import say_list, say_table

    headings = ("version", "state", "since", "AUC as measured", "dataset", "MB")
    say_table("Registered models", headings, (_row(each) for each in found))
    say_list("Processes", (_process(each) for each in processes))
    _note_pinned()


@models.command()
def show(version: VersionArgument, as_json: JsonOption = False) -> None:
    """Show one registered model: its figures, what was decided about it, and its card."""
    with clear_errors(), _opened() as desk:
        from dankmeme.storage import registry
        from dankmeme.storage.registry import Placed

        active = desk.bundles.lineup().active.version
        found = registry.get(desk.database, version)
        history = registry.history(desk.database, version)
        ruling = desk.ruling(version, active) if found.state in ("candidate", "shadow") else None
        bundle = desk.bundles.bundle(Placed(found.version, found.manifest, found.shipped))
        card = bundle.folder / "card.md"
        text = card.read_text("utf-8") if card.is_file() else ""
    if as_json:
        told = {**vars(found), "history": [vars(each) for each in history], "card": text}
        say(json.dumps(told, ensure_ascii=False))
        return
    _show(found, history, ruling, text)


@models.command()
def add(
    folder: Annotated[Path, typer.Argument(metavar="BUNDLE", help="Folder of a bundle, as `dank train` writes it.")],
) -> None:
    """Register a bundle as a candidate: it goes into the models bucket once its self-test has passed."""
    with clear_errors(), interruptible(), _opened() as desk:
        found = desk.register(folder)
    say(f"{found.version} is registered, {found.state}: {_megabytes(found)} MB")
    if found.state == "candidate":
        say(f"next: dank models shadow {found.version}")


@models.command()
def shadow(
    version: VersionArgument,
    share: Annotated[float, typer.Option(min=0.001, max=1.0, help="Of the pictures that come in.")] = 1.0,
) -> None:
    """Let a model predict what comes in, shown to nobody and compared on the ledger. The share may be changed so."""
    with clear_errors(), interruptible(), _opened() as desk:
        found = desk.promoter.shadow(desk.version_of(version), share)
    say(f"{found.version} is a shadow now, of {found.share:.0%} of what comes in")
    _note_pinned()


@models.command()
def promote(
    version: VersionArgument,
    data: Annotated[
        Path | None,
        typer.Option(help="Judge by a dataset folder that neither model learnt from.", show_default="the ledger"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Also where the gate refuses. Not if it is damaged.")] = False,
    wait: Annotated[bool, typer.Option(help="Wait until all processes use it.")] = True,
) -> None:
    """Let a model answer from now on. Refused where it is worse than the active one beyond noise, or might well be.

    Both are compared on the same posts, by the ledger, with a paired bootstrap; `--data` compares them on a dataset
    instead. Exits with 0 if it was promoted, 1 if it was refused or a process cannot use it, 2 on wrong usage.
    """
    from dankmeme.errors import BundleError

    with clear_errors(), interruptible(), _opened() as desk:
        try:
            done = desk.promoter.promote(desk.version_of(version), force=force, gate=_gate(data) if data else None)
        except BundleError as error:
            if error.code not in ("gate-refused", "selftest-failed", "bundle-damaged", "bundle-missing"):
                raise
            say(f"dank: {error.message} ({error.code})", error=True)
            if error.code == "gate-refused":
                say("--force promotes it all the same", error=True)
            raise typer.Exit(1) from None
        say(f"the gate: {done.ruling.words}" + (" (forced)" if done.forced else ""))
        desk.remember(done.bundle)
        say(f"{done.bundle.version} is active now; `dank models rollback` goes back")
        _note_pinned()
        fine = desk.wait(done.bundle.version) if wait else True
    raise typer.Exit(0 if fine else 1)


@models.command()
def rollback(
    wait: Annotated[bool, typer.Option(help="Wait until all processes use it.")] = True,
) -> None:
    """Go back to the model that was active before, in one step."""
    with clear_errors(), interruptible(), _opened() as desk:
        found = desk.promoter.roll_back()
        desk.remember(found)
        say(f"{found.version} is active again")
        _note_pinned()
        fine = desk.wait(found.version) if wait else True
    raise typer.Exit(0 if fine else 1)


@models.command()
def retire(version: VersionArgument) -> None:
    """Use a model no more; what it predicted stays, and its files too."""
    with clear_errors(), _opened() as desk:
        found = desk.promoter.retire(version)
    say(f"{found.version} is retired")


class _Desk:
    """What the commands have at hand."""

    def __init__(self, database: Database, bundles: Registry, promoter: Promoter) -> None:
        self.database, self.bundles, self.promoter = database, bundles, promoter

    def ruling(self, version: str, active: str) -> Ruling:
        from dankmeme.training.promotion import ruling_on_ledger

        return ruling_on_ledger(self.database, version, active)

    def register(self, folder: Path) -> Registered:
        self.bundles.lineup()
        return self.bundles.register(folder_of(folder), self.promoter.eyes, BY)

    def version_of(self, named: str) -> str:
        """The version that is meant; a bundle's folder that is not known yet is registered first."""
        from dankmeme.storage import registry

        folder = folder_of(Path(named))
        is_new = named not in {each.version for each in registry.everyone(self.database)}
        return self.register(folder).version if is_new and (folder / "manifest.json").is_file() else named

    def remember(self, active: Registered) -> None:
        """Let commands of this machine use it too."""
        from dankmeme.models.active import remember
        from dankmeme.settings import settings
        from dankmeme.storage.registry import Placed

        placed = Placed(active.version, active.manifest, active.shipped)
        remember(settings(), None if active.shipped else self.bundles.bundle(placed).folder)

    def wait(self, version: str) -> bool:
        """Wait until all processes use a version, and say how it goes; False where one cannot."""
        from dankmeme.storage import answering

        began, said = time.monotonic(), -1
        while True:
            processes = answering.now(self.database)
            ready = [each for each in processes if each.version == version and each.settled]
            faults = [each for each in processes if each.wanted == version and not each.settled and each.fault]
            if len(ready) != said and processes:
                say(f"used by {len(ready)} of {len(processes)} processes")
                said = len(ready)
            if faults:
                for each in faults:
                    say(
                        f"dank: {each.role} {each.host}:{each.process} goes on with {each.version}: {each.fault}",
                        error=True,
                    )
                return False
            if len(ready) == len(processes):
                if not processes:
                    say("no process runs now; whichever starts will use it")
                return True
            if time.monotonic() - began > WAIT_SECONDS:
                late = [f"{each.role} {each.host}:{each.process}" for each in processes if each not in ready]
                say(f"dank: after {WAIT_SECONDS:.0f} s it is not used yet by {', '.join(late)}", error=True)
                return False
            time.sleep(0.2)


@contextmanager
def _opened() -> Iterator[_Desk]:
    from dankmeme.models.eyes import eyes_for
    from dankmeme.models.registry import Registry
    from dankmeme.settings import settings
    from dankmeme.storage import open_storage
    from dankmeme.training.promotion import Promoter

    eyes = eyes_for(settings())
    with closing(eyes), open_storage(settings()) as storage:
        bundles = Registry.of(settings(), storage.database)
        yield _Desk(storage.database, bundles, Promoter(storage.database, bundles, eyes, BY))


def _gate(data: Path) -> Gate:
    """Judges by a dataset that neither model has seen."""
    from dankmeme.cli.opening import open_workshop
    from dankmeme.models.bundle import Bundle
    from dankmeme.training.examination import face_to_face
    from dankmeme.training.gate import rule

    def judge(candidate: Bundle, active: Bundle) -> Ruling:
        with open_workshop(None) as shop:
            return rule(face_to_face((candidate, active), "verdict", data, shop), f"memes of {data.resolve().name}")

    return judge


def _note_pinned() -> None:
    from dankmeme.settings import settings

    if settings().bundle is not None:
        say(
            "note: DANK_BUNDLE is set, so processes with that setting use that bundle and not the registry's",
            error=True,
        )


def _row(found: Registered) -> tuple[str, ...]:
    state = f"shadow, {found.share:.0%}" if found.state == "shadow" and found.share < 1 else found.state
    dataset = found.dataset[:12] or ("shipped" if found.shipped else "–")
    return found.version, state, _day(found.state_utc), _auc(found), dataset, _megabytes(found)


def _auc(found: Registered) -> str:
    shown = found.figures.get("shown", [])
    if not shown:
        return "not measured: dank evaluate"
    first = shown[0]
    return f"{first['value']:.3f} ({first['low']:.3f}–{first['high']:.3f})"


def _megabytes(found: Registered) -> str:
    return f"{found.bytes / 1e6:.1f}"


def _process(each: Answering) -> str:
    shadows = f", in the shadow: {', '.join(each.shadows)}" if each.shadows else ""
    fault = f"; cannot use {each.wanted}: {each.fault}" if each.fault else ""
    return f"{each.role} {each.host}:{each.process} uses {each.version}{shadows}{fault}"


def _show(found: Registered, history: list[Decision], ruling: Ruling | None, card: str) -> None:
    from dankmeme.cli.figures import say_list

    say(f"{found.version}: {found.state} since {_day(found.state_utc)}")
    say(f"models: {', '.join(found.models)}; compared with {found.compared_with}")
    say(f"dataset: {found.dataset or 'not written down'}; {_megabytes(found)} MB; manifest {found.manifest[:16]}")
    if ruling is not None:
        say(f"the gate would {'let it pass' if ruling.passed else 'refuse it'}: {ruling.words}")
    shown = found.figures.get("shown", [])
    say_list(
        "Figures", (f"{each['name']}: {each['value']:.3f} ({each['low']:.3f}–{each['high']:.3f})" for each in shown)
    )
    say_list("What was decided", (_decided(each) for each in history))
    if card:
        say("")
        for line in card.splitlines():
            say(line)


def _decided(each: Decision) -> str:
    states = f" {each.before} → {each.after}" if each.before != each.after and each.before else ""
    forced, why = (" (forced)" if each.forced else ""), (f": {each.why}" if each.why else "")
    return f"{_day(each.decided_utc)} {each.action}{states}{forced} by {each.by}{why}"


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")
