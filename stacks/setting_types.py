"""What a setting may be: the command line always gives text, cdk.json whatever JSON holds, Python a value."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

import botocore.loaders

from blazingtext_lifecycle import limits, tag_rules, values
from blazingtext_lifecycle.environments import Approval, AutoPromote
from blazingtext_lifecycle.suggestions import did_you_mean, some

# AWS allows 50 on a resource; a training job carries four of this project's and those of its request, too.
MAXIMUM_TAGS = 20
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


@dataclass(frozen=True)
class SettingType:
    """One kind of value.

    Attributes:
        allowed: the allowed values, in words that follow "it must be".
        parse: the value that a raw one stands for; raises ValueError when there is none.
        hint: what to do about a wrong value, when more can be said than the allowed values.
    """

    allowed: str
    parse: Callable[[object], Any]
    hint: Callable[[object], str] = lambda _: ""

    def refusal(self, raw: object) -> str:
        """What is said about a wrong value."""
        return f'"{raw}" cannot be used. It must be {self.allowed}. {self.hint(raw)}'.rstrip()


def whole_number(minimum: int, maximum: int) -> SettingType:
    """A whole number between two bounds, both allowed."""
    return SettingType(f"a whole number from {minimum} to {maximum}", lambda raw: values.whole_number(raw, minimum, maximum))


def optional_whole_number(minimum: int, maximum: int) -> SettingType:
    """A whole number between two bounds, both allowed, or nothing at all, which becomes None."""

    def parse(raw: object) -> int | None:
        return None if raw is None or str(raw).strip() == "" else values.whole_number(raw, minimum, maximum)

    return SettingType(f"empty, or a whole number from {minimum} to {maximum}", parse)


def threshold(minimum: float) -> SettingType:
    """A number from a minimum to 1, or nothing at all, which becomes None."""

    def parse(raw: object) -> float | None:
        return None if raw is None or str(raw).strip() == "" else values.number(raw, minimum, 1)

    return SettingType(f"empty, or a number from {minimum:g} to 1", parse)


def dollars(minimum: float = 0) -> SettingType:
    """An amount of US dollars, or nothing at all, which becomes None."""

    def parse(raw: object) -> float | None:
        return None if raw is None or str(raw).strip() == "" else values.number(raw, minimum)

    return SettingType(f"empty, or a number of US dollars from {minimum:g}", parse)


def instance_patterns() -> SettingType:
    """Instance types, in which ``*`` stands for any letters: a list, or a text with commas or spaces; each is one that exists."""

    def parse(raw: object) -> tuple[str, ...]:
        given = raw.replace(",", " ").split() if isinstance(raw, str) else raw
        if not isinstance(given, list | tuple) or any(not _is_pattern(each) for each in given):
            raise ValueError(raw)
        return tuple(given)

    return SettingType("empty, or instance types such as ml.c5.*, ml.m5.xlarge", parse)


def _is_pattern(raw: object) -> bool:
    if not isinstance(raw, str) or not limits.PATTERN.fullmatch(raw):
        return False
    known = {*_sagemaker_enum("TrainingInstanceType"), *_sagemaker_enum("ProductionVariantInstanceType")}
    return any(limits.allows([raw], each) for each in known)


def matching(pattern: re.Pattern[str], allowed: str) -> SettingType:
    """Text that matches a pattern from beginning to end."""

    def parse(raw: object) -> str:
        if not isinstance(raw, str) or not pattern.fullmatch(raw):
            raise ValueError(raw)
        return raw

    return SettingType(allowed, parse)


def one_of(numbers: Collection[int]) -> SettingType:
    """One of a few whole numbers."""

    def parse(raw: object) -> int:
        number = values.whole_number(raw)
        if number not in numbers:
            raise ValueError(raw)
        return number

    return SettingType(f"one of {', '.join(str(number) for number in numbers)}", parse)


def optional_one_of(numbers: Collection[int]) -> SettingType:
    """One of a few whole numbers, or nothing at all, which becomes None."""
    given = one_of(numbers)

    def parse(raw: object) -> int | None:
        return None if raw is None or str(raw).strip() == "" else int(given.parse(raw))

    return SettingType(f"empty, or {given.allowed}", parse)


def choice(words: type[StrEnum]) -> SettingType:
    """One of a few words."""
    return SettingType(" or ".join(words), lambda raw: words(str(raw).strip().lower()))


def identifiers(prefix: str, maximum: int, allowed: str) -> SettingType:
    """Some of AWS's identifiers, such as ``subnet-0a1b2c3d``, as a list or as text with commas between them.

    Args:
        prefix: what each begins with, up to the hyphen.
        maximum: how many there may be.
        allowed: see `SettingType`.
    """
    pattern = re.compile(rf"{prefix}-[0-9a-z]{{3,32}}")

    def parse(raw: object) -> tuple[str, ...]:
        parts = [part.strip() for part in raw.split(",") if part.strip()] if isinstance(raw, str) else raw
        if not isinstance(parts, list | tuple) or not all(isinstance(part, str) and pattern.fullmatch(part) for part in parts):
            raise ValueError(raw)
        if len(parts) > maximum or len(set(parts)) < len(parts):
            raise ValueError(raw)
        return tuple(parts)

    return SettingType(allowed, parse)


def _buckets(raw: object) -> tuple[str, ...]:
    parts = [part.strip() for part in raw.split(",") if part.strip()] if isinstance(raw, str) else raw
    if not isinstance(parts, list | tuple) or not all(isinstance(part, str) and re.fullmatch(_BUCKET_NAME, part) for part in parts):
        raise ValueError(raw)
    if len(parts) > _MOST_BUCKETS or len(set(parts)) < len(parts):
        raise ValueError(raw)
    return tuple(parts)


def region(names: Collection[str], allowed: str) -> SettingType:
    """One of many names, or nothing; a wrong one is answered with the most similar, or with all of them."""

    def parse(raw: object) -> str:
        if raw != "" and raw not in names:
            raise ValueError(raw)
        return str(raw)

    return SettingType(allowed, parse, lambda raw: did_you_mean(str(raw), names) or f"They are {some(sorted(names))}.")


def instance_type(shape: str, allowed: str) -> SettingType:
    """An instance type of SageMaker's own list.

    Args:
        shape: the list's name in SageMaker's service model, which ships with botocore: no network is needed.
        allowed: see `SettingType`.
    """

    def parse(raw: object) -> str:
        if raw not in _sagemaker_enum(shape):
            raise ValueError(raw)
        return str(raw)

    return SettingType(allowed, parse, lambda raw: did_you_mean(str(raw), _sagemaker_enum(shape)))


@cache
def _sagemaker_enum(shape: str) -> tuple[str, ...]:
    model = botocore.loaders.Loader().load_service_model("sagemaker", "service-2")
    return tuple(model["shapes"][shape]["enum"])


def _tags(raw: object) -> dict[str, str]:
    found = values.json_object(raw)
    if len(found) > MAXIMUM_TAGS or any(tag_rules.fault(key, value) for key, value in found.items()):
        raise ValueError(raw)
    return {key: str(value) for key, value in found.items()}


def _tags_hint(raw: object) -> str:
    """What is wrong with the first tag that is."""
    try:
        found = values.json_object(raw)
    except ValueError:
        return ""
    faults = ((key, tag_rules.fault(key, value)) for key, value in found.items())
    return next((f'"{values.cut(key)}": {fault}' for key, fault in faults if fault), "")


def _email(raw: object) -> str:
    if raw == "":
        return ""
    if not isinstance(raw, str) or not _EMAIL.fullmatch(raw):
        raise ValueError(raw)
    return raw


def _auto_promote(raw: object) -> AutoPromote:
    # Until version 0.2 it was a switch.
    former = {"true": AutoPromote.ALWAYS, "false": AutoPromote.NEVER}
    text = str(raw).strip().lower()
    return former.get(text) or AutoPromote(text)


APPROVAL = SettingType("none or manual", lambda raw: Approval(str(raw).strip().lower()))
AUTO_PROMOTE = SettingType("never, better or always", _auto_promote)
FLAG = SettingType("true or false", values.boolean)
EMAIL = SettingType("empty, or an e-mail address", _email)
JSON_OBJECT = SettingType('a JSON object, such as {"epochs": 10}', values.json_object)
TAGS = SettingType(f'a JSON object of up to {MAXIMUM_TAGS} texts, such as {{"cost-center": "42"}}', _tags, _tags_hint)
KMS_KEY = matching(re.compile(r"|make|arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+"), "empty, make, or the ARN of a KMS key")
MANAGED_POLICY = matching(
    re.compile(r"|(arn:aws[a-z-]*:iam::(\d{12}|aws):policy/)?[\w+=,.@/-]{1,128}"), "empty, or the name or ARN of a managed policy"
)
# As GitHub writes a repository in its tokens: with both ids when it was made, renamed or moved since 15 July 2026
# (https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/).
_OWNER, _NAME = r"[A-Za-z0-9](-?[A-Za-z0-9]){0,38}", r"(?!\.{1,2}(@|$))[A-Za-z0-9._-]{1,100}"
REPOSITORY = matching(
    re.compile(rf"|{_OWNER}/{_NAME}|{_OWNER}@[0-9]+/{_NAME}@[0-9]+"), "empty, or a GitHub repository: owner/name or owner@id/name@id"
)
# Each is two statements of a role, whose policy AWS limits to 10,240 characters.
_MOST_BUCKETS = 10
_BUCKET_NAME = r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
BUCKET = matching(re.compile(rf"|{_BUCKET_NAME}"), "empty, or the name of a bucket")
BUCKETS = SettingType("empty, or up to 10 names of buckets with commas between them", _buckets)
SUBNETS = identifiers("subnet", 16, "a list of up to 16 subnets, such as subnet-0a1b2c3d")
SECURITY_GROUPS = identifiers("sg", 5, "a list of up to 5 security groups, such as sg-0a1b2c3d")
