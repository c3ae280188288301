"""A request becomes a SageMaker processing job that prepares a corpus of raw text, after everything that can be checked was checked.

Event: see ``lambda/README.md``, "launch_processing". Answer: the job's name, ARN and status, the file that it makes, warnings, and what it
may cost. Environment: `lifecycle.environments.LaunchEnvironment`, with the role of processing jobs.

The same request over the same data always has the same job name, so a repeat finds the running or finished job instead of paying twice.
"""

import logging
import os
from typing import Any

from botocore.exceptions import ClientError

from blazingtext_lifecycle import job_kinds, launching, naming, object_reading, processing_jobs, processing_sources
from blazingtext_lifecycle import processing_requests as requests
from blazingtext_lifecycle.aws_errors import is_missing, translating_aws_errors
from blazingtext_lifecycle.deadline import Context
from blazingtext_lifecycle.environments import LaunchEnvironment
from blazingtext_lifecycle.errors import RequestError, UserError, raise_all
from blazingtext_lifecycle.launching import Clients
from blazingtext_lifecycle.processing_jobs import ProcessingJob
from blazingtext_lifecycle.processing_requests import ProcessingRequest
from blazingtext_lifecycle.training_jobs import RETRYABLE

log = logging.getLogger(__name__)


def handler(event: object, context: Context) -> dict[str, Any]:
    """Lambda's entry: translate, decide, act."""
    log.setLevel(logging.INFO)
    return launch(event, LaunchEnvironment.read(os.environ), Clients.connect(context))


def launch(event: object, environment: LaunchEnvironment, clients: Clients) -> dict[str, Any]:
    """The job that an event asks for, started or found.

    Args:
        event: a processing event; whatever else JSON can be is refused.
        environment: the stack's settings.
        clients: the AWS services.

    Returns:
        ``jobName``, ``jobArn``, ``status``, ``created``, ``output``, ``warnings``, ``cost``.

    Raises:
        UserError: the request was refused, by us or by AWS, before anything was paid.
        NotReady: AWS asks to slow down, or did not answer in time.
        CloudError: AWS failed.
    """
    request, problems = requests.read(event, environment)
    raise_all(problems)
    objects = processing_sources.listed(clients.s3, request.sources)
    job = processing_jobs.decide(request, objects, environment, _code_problems(request, environment, clients))
    is_there = _is_there(request, job, environment, clients)
    # A job that completed is as good as its corpus: where that is gone, or is to be replaced, there is another attempt.
    again = {*(RETRYABLE if job.retry else ()), *(("Completed",) if request.replace or not is_there else ())}
    description, created = launching.start(job, job_kinds.PROCESSING, clients.sagemaker, again=again)
    answer = launching.answer(job, description, job_kinds.PROCESSING, created=created)
    answer["output"] = job.corpus
    log.info("%s %s (%s)", "started" if created else "found", answer["jobName"], answer["status"] or "not started")
    return answer


def _code_problems(request: ProcessingRequest, environment: LaunchEnvironment, clients: Clients) -> list[UserError]:
    """What of the code is not in the bucket."""
    keys = [naming.code_key(request.code, file) for file in (processing_jobs.PACKAGES, processing_jobs.APPLICATION)]
    with translating_aws_errors(f"look for the code in s3://{environment.bucket}/{naming.PROCESSING}"):
        missing = [key for key in keys if not object_reading.size_of(clients.s3, environment.bucket, key)]
    again = naming.command("corpus prepare --on aws", environment.stage)
    return [
        RequestError(f"code: s3://{environment.bucket}/{key} is not there. The job would have nothing to run. Send it again: {again}")
        for key in missing
    ]


def _is_there(request: ProcessingRequest, job: ProcessingJob, environment: LaunchEnvironment, clients: Clients) -> bool:
    """Whether the corpus that is asked for is there.

    Raises:
        RequestError: another one has its name.
    """
    prefixes = [naming.channel_prefix(request.corpus, channel) for channel in (naming.TRAIN, naming.VALIDATION)]
    key = naming.prepared_key(request.corpus)
    with translating_aws_errors(f"look at the corpus {request.corpus}"):
        found = [
            each["Key"]
            for prefix in prefixes
            for page in clients.s3.get_paginator("list_objects_v2").paginate(Bucket=environment.bucket, Prefix=prefix)
            for each in page.get("Contents", [])
            if not each["Key"].endswith("/")
        ]
        made_by = _made_by(key, environment.bucket, clients) if key in found else ""
    problem = processing_jobs.corpus_problem(request, found, made_by, job.digest, environment.stage)
    if problem:
        raise RequestError(problem)
    return made_by == job.digest


def _made_by(key: str, bucket: str, clients: Clients) -> str:
    """The hash of the request that made a corpus; ``""`` where none did."""
    try:
        return clients.s3.head_object(Bucket=bucket, Key=key)["Metadata"].get(processing_jobs.REQUEST_METADATA, "")
    except ClientError as error:
        if is_missing(error):
            return ""
        raise
