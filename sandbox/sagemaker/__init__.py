"""SageMaker for the sandbox: training jobs that run, endpoints that answer. README.md lists what is emulated."""
