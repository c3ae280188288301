"""What AWS's BlazingText example notebooks do, with SageMaker Python SDK 2 as they use it and data of our own.

Flows: `blazingtext_word2vec_text8`, `blazingtext_word2vec_subwords_text8` and `blazingtext_text_classification_dbpedia` in
aws/amazon-sagemaker-examples; written anew from what they do, in a few seconds of training each.
"""

import json
import tarfile
from pathlib import Path
from typing import Any

import boto3
import sagemaker
from sagemaker.deserializers import JSONDeserializer
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.serializers import JSONSerializer

from tests.clients import documents
from tests.clients.steps import main_argument, step

NAME = main_argument()
session: Any = None
image = ""


def estimator(prefix: str, **hyperparameters: object) -> Any:
    made = Estimator(
        image,
        documents.role_arn(NAME),
        instance_count=1,
        instance_type="ml.c4.2xlarge",
        volume_size=30,
        max_run=3600,
        input_mode="File",
        output_path=f"s3://{NAME}/{prefix}/output",
        sagemaker_session=session,
    )
    made.set_hyperparameters(**hyperparameters)
    return made


def channel(prefix: str, name: str) -> Any:
    return TrainingInput(f"s3://{NAME}/{prefix}/{name}", distribution="FullyReplicated", content_type="text/plain", s3_data_type="S3Prefix")


def deploy(trained: Any) -> Any:
    return trained.deploy(1, "ml.m4.xlarge", serializer=JSONSerializer(), deserializer=JSONDeserializer())


def remove(predictor: Any) -> None:
    predictor.delete_model()
    predictor.delete_endpoint()


with step("session, role, bucket, image"):
    boto3.client("s3").create_bucket(Bucket=NAME)
    iam = boto3.client("iam")
    iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=documents.trust())
    iam.put_role_policy(RoleName=NAME, PolicyName="rights", PolicyDocument=documents.policy(NAME))
    session = sagemaker.Session(default_bucket=NAME)
    image = sagemaker.image_uris.retrieve("blazingtext", session.boto_region_name)
    assert image == documents.IMAGE

with step("word2vec: upload"):
    Path("text8").write_text(documents.corpus(), "utf-8")
    session.upload_data("text8", bucket=NAME, key_prefix="word2vec/train")
with step("word2vec: fit with batch_skipgram"):
    words = estimator(
        "word2vec", mode="batch_skipgram", epochs=1, min_count=1, vector_dim=10, batch_size=11, evaluation=True, subwords=False
    )
    words.fit({"train": channel("word2vec", "train")}, logs=True)
with step("word2vec: deploy and predict vectors"):
    predictor = deploy(words)
    assert {each["word"]: len(each["vector"]) for each in predictor.predict({"instances": ["king", "queen"]})} == {"king": 10, "queen": 10}
with step("word2vec: vectors.txt and eval.json of the artifact"):
    session.download_data(".", NAME, key_prefix=words.model_data.removeprefix(f"s3://{NAME}/"))
    with tarfile.open("model.tar.gz") as artifact:
        assert {"vectors.txt", "vectors.bin", "eval.json"} <= set(artifact.getnames())
with step("word2vec: endpoint removed"):
    remove(predictor)

with step("subwords: fit with skipgram and subwords"):
    parts = estimator(
        "subwords", mode="skipgram", epochs=1, min_count=1, vector_dim=10, subwords=True, min_char=3, max_char=6, buckets=2000
    )
    parts.fit({"train": channel("word2vec", "train")}, logs=False)
with step("subwords: vectors of unknown words"):
    predictor = deploy(parts)
    (unknown,) = predictor.predict({"instances": ["kingqueen"]})
    assert any(unknown["vector"])
    remove(predictor)

with step("classification: upload of both channels"):
    topics = {"animals": "tiger cat tiger", "things": "book paper computer"}
    lines = "".join(f"__label__{topic} {words_of} {number}\n" for number in range(100) for topic, words_of in topics.items())
    for name in ("train", "validation"):
        Path(f"dbpedia.{name}").write_text(lines, "utf-8")
        session.upload_data(f"dbpedia.{name}", bucket=NAME, key_prefix=f"dbpedia/{name}")
with step("classification: fit with early stopping"):
    classifier = estimator(
        "dbpedia",
        mode="supervised",
        epochs=5,
        min_count=1,
        learning_rate=0.5,
        vector_dim=10,
        early_stopping=True,
        patience=4,
        min_epochs=1,
        word_ngrams=2,
    )
    classifier.fit({name: channel("dbpedia", name) for name in ("train", "validation")}, logs=False)
    job = session.describe_training_job(classifier.latest_training_job.name)
    assert "validation:accuracy" in [metric["MetricName"] for metric in job["FinalMetricDataList"]]
with step("classification: deploy, predict one and k labels"):
    predictor = deploy(classifier)
    assert predictor.predict({"instances": ["tiger cat"]})[0]["label"] == ["__label__animals"]
    two = predictor.predict({"instances": ["book paper"], "configuration": {"k": 2}})[0]
    assert (two["label"][0], len(two["prob"])) == ("__label__things", 2)
with step("classification: endpoint removed"):
    remove(predictor)

with step("batch of predictions over JSON Lines"):
    raw = boto3.client("sagemaker-runtime")
    model = classifier.create_model()
    predictor = model.deploy(1, "ml.m4.xlarge") or sagemaker.predictor.Predictor(model.endpoint_name, session)
    body = "\n".join(json.dumps({"source": text}) for text in ("tiger cat", "book paper"))
    answer = (
        raw.invoke_endpoint(EndpointName=predictor.endpoint_name, ContentType="application/jsonlines", Body=body)["Body"].read().decode()
    )
    assert [json.loads(line)["label"][0] for line in answer.splitlines()] == ["__label__animals", "__label__things"]
    remove(predictor)
