"""The container's two commands, `python -m blazingtext_engine train` and `python -m blazingtext_engine serve`, and `predict`.

Options override the environment variables SageMaker or a person sets (engine/README.md lists them).
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from .container.opt_ml import Container
from .errors import EngineError, UserError

DEFAULT_SEED = 1
DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8080
MOST_THREADS = 256  # of one host: threads without locks gain nothing long before, and those of the next host are numbered from there on


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit code: 0 done, 1 failed, 143 training was stopped before its end."""
    options = _parser().parse_args(argv)
    try:
        if options.command == "predict":
            return _predict(options)
        container = Container.from_environment(os.environ, options.base)
        return _train(options, container) if options.command == "train" else _serve(options, container)
    except EngineError as error:
        print(f"{error.prefix}{error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m blazingtext_engine", description="An open engine in BlazingText's container contract.")
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train", help="train as <base>/input/config says, write <base>/model")
    train.add_argument("--threads", type=int, help="how many threads train (default: $ENGINE_THREADS, else every processor)")
    train.add_argument("--seed", type=int, help=f"where randomness starts (default: $ENGINE_SEED, else {DEFAULT_SEED})")
    train.add_argument("--initial", type=Path, metavar="FILE", help="start from its vectors: a .bin of fastText, or word2vec's text format")
    serve = commands.add_parser("serve", help="answer /ping and /invocations from the .bin file in <base>/model")
    serve.add_argument("--host", help=f"address to listen on; in a container 0.0.0.0 (default: $ENGINE_HOST, else {DEFAULT_HOST})")
    serve.add_argument("--port", type=int, help=f"default: $SAGEMAKER_BIND_TO_PORT, else {DEFAULT_PORT}")
    serve.add_argument("--workers", type=int, default=1, help="processes that answer; they share the model's memory (default: %(default)s)")
    predict = commands.add_parser("predict", help="print the most probable labels of every line of a text, as JSON")
    predict.add_argument(
        "texts", nargs="+", type=Path, metavar="TEXT", help="a document a line; labels in it are not looked at; - reads stdin"
    )
    predict.add_argument("--model", type=Path, required=True, help="the .bin file of a classifier")
    predict.add_argument("--k", type=int, default=1, help="how many labels a line (default: %(default)s)")
    for command in (train, serve):
        command.add_argument("--base", help="the container's folder (default: $SAGEMAKER_BASE_DIR, else /opt/ml)")
    return parser


def _train(options: argparse.Namespace, container: Container) -> int:
    from . import train  # noqa: PLC0415 - each command imports its own half: serving starts without compiling a kernel
    from .container.log_lines import Log  # noqa: PLC0415 - likewise

    try:
        threads = _integer_setting(
            options.threads, os.environ, "ENGINE_THREADS", min(_processors(), MOST_THREADS), minimum=1, maximum=MOST_THREADS
        )
        seed = _integer_setting(options.seed, os.environ, "ENGINE_SEED", DEFAULT_SEED, minimum=0)
    except UserError as error:
        container.write_failure(error)
        raise
    return train.run(container, environ=os.environ, resources=train.Resources(threads, seed, options.initial), log=Log())


def _serve(options: argparse.Namespace, container: Container) -> int:
    from . import serve  # noqa: PLC0415 - likewise, training without the web server

    port = _integer_setting(options.port, os.environ, "SAGEMAKER_BIND_TO_PORT", DEFAULT_PORT, minimum=0)
    host = options.host or os.environ.get("ENGINE_HOST") or DEFAULT_HOST
    return serve.run(container, host=host, port=port, workers=options.workers)


def _predict(options: argparse.Namespace) -> int:
    from . import predict  # noqa: PLC0415 - likewise

    return predict.run(options.model, options.texts, k=options.k, out=sys.stdout, stdin=sys.stdin.buffer)


def _integer_setting(
    option: int | None, environ: Mapping[str, str], name: str, default: int, *, minimum: int, maximum: int | None = None
) -> int:
    """The option, else the environment variable, else the default."""
    text = environ.get(name)
    if option is not None:
        value: int | None = option
    elif text is not None:
        value = int(text) if text.isascii() and text.isdigit() else None
    else:
        value = default
    if value is None or value < minimum or (maximum is not None and value > maximum):
        bounds = f"at minimum {minimum}" if maximum is None else f"from {minimum} to {maximum}"
        raise UserError(f"{name} is {text if option is None else option}. It has to be a whole number, {bounds}. Correct or unset it.")
    return value


def _processors() -> int:
    """The processors this process may run on: a container may be allowed fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


if __name__ == "__main__":
    sys.exit(main())
