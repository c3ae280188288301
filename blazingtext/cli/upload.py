"""`blazingtext upload`."""

from __future__ import annotations

from pathlib import Path

import click

from blazingtext_lifecycle.plurals import count

from ..corpus import uploads
from ..figures import size
from .session import Session, shared


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False), metavar="FILE...")
@click.option("--corpus", metavar="NAME", help="The corpus's name [default: the first file's].")
@click.option(
    "--validation",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Labelled validation file, for supervised; repeatable.",
)
@click.option("--name", "run", metavar="NAME", help="What to call the run that it starts, where the stage trains on uploads.")
@click.option("--replace", is_flag=True, help="Remove files of an earlier upload of this corpus.")
@shared
def upload(
    session: Session, *, files: tuple[Path, ...], corpus: str | None, validation: tuple[Path, ...], run: str | None, replace: bool
) -> None:
    """Send a corpus to the stage's bucket, checked and verified.

    FILE is prepared text: one sentence per line. What is already there, byte for byte, is not sent again. The recipe that `corpus prepare`
    wrote beside it goes with it, and so with every run that trains on it.
    """
    name = uploads.corpus_name(files[0]) if corpus is None else corpus
    channels = uploads.plan(name, files, validation)
    total = sum(channel.path.stat().st_size for channel in channels)
    out = session.output
    if len(files) > 1:
        out.warn("AWS expects a single file per channel; training reads these one after the other. Use cat to join them.")
    for warning in dict.fromkeys(warning for channel in channels for warning in channel.warnings):
        out.warn(warning)
    with out.progress(f"Uploading {name}", total) as advance:
        found = uploads.upload(session.cloud, name, channels, replace=replace, run=run or "", advance=advance)
    for warning in found.warnings:
        out.warn(warning)
    out.result(found, lambda: out.text(found.uri))
    out.say(f"SHA-256 {found.sha256}, " + (f"recipe {found.recipe}" if found.recipe else "without a recipe"))
    sent = [each for each in found.files if each.sent]
    there = len(found.files) - len(sent)
    out.done(
        f"{count(len(sent), 'files')}, {size(sum(each.size for each in sent))} sent and verified"
        + (f"; {count(there, 'files')} already there" if there else "")
        + (f"; {count(len(found.removed), 'files')} of an earlier upload removed" if found.removed else "")
    )
    mode = " --mode supervised" if channels[0].labelled else ""
    out.next(session.command(f"train --corpus {name}{mode} --watch"))
