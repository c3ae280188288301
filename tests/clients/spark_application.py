"""A Spark application as people write them for SageMaker Processing: paths below /opt/ml, a module given with the job, S3 by boto3."""

import sys

import boto3
from pyspark.sql import SparkSession
from words import words_of  # type: ignore[import-not-found]  # given with --py-files


def size(address: str) -> int:
    """The bytes of an object, asked from an executor."""
    bucket, _, key = address.removeprefix("s3://").partition("/")
    return int(boto3.client("s3").head_object(Bucket=bucket, Key=key)["ContentLength"])


def main(source: str, target: str, address: str) -> None:
    spark = SparkSession.builder.appName("words").getOrCreate()
    counted = spark.sparkContext.textFile(source).flatMap(words_of).map(lambda word: (word, 1)).reduceByKey(lambda one, other: one + other)
    frame = spark.createDataFrame(counted, ["word", "count"])
    frame.orderBy("word").coalesce(1).write.mode("overwrite").csv(target)
    print("partitions", spark.conf.get("spark.sql.shuffle.partitions"))
    print("read back", spark.read.csv("file:///opt/ml/processing/output/counts").count())
    print("bytes", spark.sparkContext.parallelize([address]).map(size).collect())
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
