"""What the tests of the examples ask the account."""

from blazingtext_sandbox.account import Sandbox


def left(account: Sandbox, name: str) -> list[str]:
    """The endpoints, configurations and models of a name that still exist."""
    sagemaker = account.boto3("sagemaker")
    endpoints = [each["EndpointName"] for each in sagemaker.list_endpoints(NameContains=name)["Endpoints"]]
    configurations = [each["EndpointConfigName"] for each in sagemaker.list_endpoint_configs(NameContains=name)["EndpointConfigs"]]
    return endpoints + configurations + [each["ModelName"] for each in sagemaker.list_models(NameContains=name)["Models"]]
