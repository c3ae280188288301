"""`text_to_endpoint.ipynb` and `tuning.ipynb` with SageMaker Python SDK 2: `pip install "sagemaker<3"` beside blazingtext-cdk."""

from pathlib import Path

from sagemaker.tuner import IntegerParameter

from blazingtext import BlazingText
from blazingtext.corpus import public_corpora

stage = BlazingText()
sdk = stage.sdk

whole = public_corpora.sample(Path("wikipedia.txt"), force=True).read_bytes()
short = Path("short.txt")
short.write_bytes(whole[: whole.rindex(b" ", 0, 2_000_000)] + b"\n")
stage.upload("estimator", [short], replace=True)

estimator = sdk.trainer("estimator", {"mode": "batch_skipgram", "vector_dim": 50, "epochs": 2, "min_count": 5})
estimator.fit(sdk.inputs("estimator"), logs=False)

predictor = sdk.deploy(estimator.model_data, "estimator")
try:
    answer = predictor.predict({"instances": ["awesome", "blazing"]})
    print({each["word"]: len(each["vector"]) for each in answer})
finally:
    sdk.delete("estimator")

trainer = sdk.trainer("estimator", {"mode": "cbow", "vector_dim": 50, "epochs": 1, "min_count": 5, "evaluation": True})
tuner = sdk.tuner(trainer, "train:mean_rho", {"window_size": IntegerParameter(2, 10)}, strategy="Random", max_jobs=2, random_seed=1)
tuner.fit(sdk.inputs("estimator"), job_name=sdk.tuning_name())
print(tuner.best_training_job(), tuner.describe()["HyperParameterTuningJobStatus"])
