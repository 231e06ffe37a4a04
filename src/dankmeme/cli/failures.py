"""`dank failures` and `dank retry`."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from dankmeme.cli.ending import clear_errors, interruptible
from dankmeme.cli.following import counted, following, listed, waiting
from dankmeme.cli.ingest import report, work_off
from dankmeme.cli.saying import say

LONGEST = 300
"""Characters of a message or an address that are shown; `--json` has all."""
Reason = Annotated[str | None, typer.Option("--reason", help="Only failures with this code, e.g. not-found.")]


def failures(
    reason: Reason = None,
    limit: Annotated[int, typer.Option(min=1, help="Show so many at most, the newest first.")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List the pictures that could not be taken in, each with its reason."""
    from dankmeme.settings import settings
    from dankmeme.storage import failures as kept
    from dankmeme.storage import open_storage

    with clear_errors(), open_storage(settings()) as storage:
        found = kept.listed(storage.database, reason, limit)
        reasons = kept.reasons(storage.database)
    for each in found:
        if as_json:
            print(json.dumps(asdict(each)))
            continue
        when = datetime.fromtimestamp(each.failed_utc, UTC).strftime("%Y-%m-%d %H:%M")
        more = f" [{each.distance} bits from it]" if each.distance is not None else ""
        again = " (is tried again)" if each.state == "pending" else ""
        say(f"{when}  {each.post_id}#{each.position}  {each.code}: {_short(each.message)}{more}{again}")
        say(f"                  {_short(each.where)}")
    if not as_json:
        mine = {code: count for code, count in reasons.items() if reason in (None, code)}
        cut = f", the newest {len(found):,} shown" if len(found) < sum(mine.values()) else ""
        every = f"{sum(mine.values()):,} in all{cut}: {listed(mine)}"
        say(every if mine else f"nothing failed{_because(reason)}")


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _because(reason: str | None) -> str:
    return f" with the reason {reason}" if reason else ""


def retry(
    posts: Annotated[list[str] | None, typer.Argument(metavar="[POST]...", help="Ids of posts; none for all.")] = None,
    reason: Reason = None,
    everything: Annotated[bool, typer.Option("--all", help="Also what another try will hardly help (404, …).")] = False,
    queue_only: Annotated[bool, typer.Option("--queue-only", help="Leave the work to a worker or the server.")] = False,
) -> None:
    """Try failed pictures again: those whose fault may have passed, or those you name."""
    from dankmeme.pipeline.foreground import Foreground
    from dankmeme.settings import settings
    from dankmeme.storage import failures as kept
    from dankmeme.storage import open_storage
    from dankmeme.storage.posts import new_run

    with clear_errors(), interruptible(), open_storage(settings()) as storage, following("trying again") as follower:
        with Foreground(settings(), storage, work=not queue_only) as foreground:
            run = new_run()
            chunks = kept.retry(storage.database, run, ids=posts or (), code=reason, final_too=everything)
            if not foreground.progress(run).counts.pending:
                _nothing(kept.reasons(storage.database), posts, reason)
            foreground.queue(chunks)
            if queue_only:
                foreground.hand_over()
                say(f"queued: {waiting(foreground.progress(run).counts.pending)} for a worker")
                raise typer.Exit(0)
            state = work_off(foreground, run, follower)
    report(state)
    raise typer.Exit(1 if state.counts.failed else 0)


def _nothing(reasons: dict[str, int], posts: list[str] | None, reason: str | None) -> None:
    """Say why there is nothing to try again.

    Raises:
        typer.Exit: 2 where posts were named that did not fail, else 0.
    """
    if posts:
        say(f"dank: none of these posts is among the failures: {', '.join(posts)}", error=True)
        raise typer.Exit(2)
    if reason is not None:
        say(f"nothing failed{_because(reason)}" + (f"; these did: {listed(reasons)}" if reasons else ""))
        raise typer.Exit(0)
    left = sum(reasons.values())
    more = f"; {counted(left, 'failure')} that another try will hardly help: name them, or use --all" if left else ""
    say(f"there is nothing to try again{more}")
    raise typer.Exit(0)
