"""The services that AWS has, from botocore's data: their names and protocols, without loading the models themselves."""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import botocore

# A model can be several megabytes; its metadata is within the first bytes.
_HEAD: Final = 4096
_METADATA: Final = re.compile(rb'"(endpointPrefix|protocol|serviceFullName|signingName)"\s*:\s*"([^"]*)"')


@dataclass(frozen=True)
class Service:
    """What is known of a service.

    Attributes:
        title: its full name, for example `AWS Cost Explorer Service`.
        protocol: `json`, `query`, `rest-json`, `rest-xml`, `ec2` or `smithy-rpc-v2-cbor`.
        names: what requests call it: the SDKs' name, the signing name, and the first part of its host name.
    """

    title: str
    protocol: str
    names: frozenset[str]


@cache
def services() -> dict[str, Service]:
    """Every name of a service -> the service."""
    found: dict[str, Service] = {}
    for folder in sorted((Path(botocore.__file__).parent / "data").iterdir()):
        # The newest version comes last.
        for model in sorted(folder.glob("*/service-2.json*"))[-1:]:
            service = _service(folder.name, model)
            for name in service.names:
                found.setdefault(name, service)
    return found


def _service(name: str, model: Path) -> Service:
    with gzip.open(model) if model.suffix == ".gz" else model.open("rb") as file:
        metadata = {key.decode(): value.decode() for key, value in _METADATA.findall(file.read(_HEAD))}
    names = {name, metadata.get("endpointPrefix", name), metadata.get("signingName", name)}
    return Service(metadata.get("serviceFullName", name), metadata.get("protocol", "json"), frozenset(names))
