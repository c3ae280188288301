"""What holds for every template of the matrix, whatever the machine, the moment and the account."""

import ast
import json

from blazingtext_lifecycle import images, naming
from tests.template.matrix import CDK_JSON, ROOT, STACKS, Synthesis

HANDLERS = ROOT / "lambda"


def test_the_region_shows_in_a_template_only_where_one_stack_or_asset_is_looked_up(
    defaults: Synthesis, whole_matrix: dict[str, Synthesis]
) -> None:
    def anywhere(value: object) -> object:
        if isinstance(value, dict):
            return {name: anywhere(part) for name, part in value.items()}
        if isinstance(value, list):
            return [anywhere(part) for part in value]
        if isinstance(value, str) and value.startswith("cdk-blzgtxt-assets-"):
            return value.replace("eu-west-1", "${AWS::Region}")
        return {"Ref": "AWS::Region"} if value == "eu-west-1" else value

    assert anywhere(whole_matrix["region-set"].templates) == defaults.templates


def test_the_image_mapping_is_the_table_of_images(each: Synthesis) -> None:
    expected = {region: {"account": account} for region, account in images.ACCOUNTS.items()}

    for stack in ("Training", "Serving"):
        assert each.templates[stack]["Mappings"]["Images"] == expected


def test_the_image_is_composed_from_mapping_region_and_suffix(defaults: Synthesis) -> None:
    image = defaults.one("AWS::SageMaker::Model")["PrimaryContainer"]["Image"]["Fn::Join"][1]

    for region in images.supported_regions():
        known = {"AWS::Region": region, "AWS::URLSuffix": images.dns_suffix(region)}
        parts = [
            images.ACCOUNTS[region] if "Fn::FindInMap" in part else known[part["Ref"]] if isinstance(part, dict) else part for part in image
        ]
        assert "".join(parts) == images.image_uri(region)


def test_every_handler_in_the_template_exists(each: Synthesis) -> None:
    named = {properties["Handler"] for properties in each.properties("AWS::Lambda::Function")}

    only_with_approval = set() if each.settings.approval == "manual" else {"delete_model_versions.handler"}
    assert named == {f"{path.stem}.handler" for path in HANDLERS.glob("*.py")} - only_with_approval
    for handler in named:
        module, function = handler.split(".")
        tree = ast.parse((HANDLERS / f"{module}.py").read_text(encoding="utf-8"))
        assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_all_functions_share_one_asset(defaults: Synthesis) -> None:
    assert len({properties["Code"]["S3Key"] for properties in defaults.properties("AWS::Lambda::Function")}) == 1


def test_stacks_and_bootstrap_are_named_as_agreed(each: Synthesis) -> None:
    manifest = json.loads((each.folder / "manifest.json").read_text(encoding="utf-8"))
    stage = each.settings.stage
    names = {id_: manifest["artifacts"][id_]["properties"]["stackName"] for id_ in STACKS}

    assert names == {
        "Storage": naming.storage_stack(stage),
        "Training": naming.training_stack(stage),
        "Serving": naming.serving_stack(stage),
    }
    assert CDK_JSON["context"]["@aws-cdk/core:bootstrapQualifier"] == naming.BOOTSTRAP_QUALIFIER
    assert CDK_JSON["toolkitStackName"] == naming.TOOLKIT_STACK


def test_everything_that_can_be_tagged_carries_the_project_and_the_stage(each: Synthesis) -> None:
    untaggable = {
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Policy",
        "AWS::Lambda::EventInvokeConfig",
        "AWS::Lambda::Permission",
        "AWS::S3::BucketPolicy",
        "AWS::Scheduler::Schedule",
        "AWS::SNS::Subscription",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueuePolicy",
    }
    expected = {**each.settings.tags, **naming.tags(each.settings.stage)}.items()
    delivery = each.templates.get("Delivery", {"Resources": {}})["Resources"]  # outlasts the stage: see test_delivery.py

    for logical_id, resource in each.resources():
        if resource["Type"] in untaggable or resource["Type"].startswith("Custom::") or logical_id in delivery:
            continue
        written = "ResourceTags" if resource["Type"] == "AWS::Budgets::Budget" else "Tags"
        tags = {tag["Key"]: tag["Value"] for tag in resource["Properties"].get(written, [])}
        assert expected <= tags.items(), f"{logical_id} ({resource['Type']}) is not tagged"


def test_stacks_refer_to_each_other_weakly(each: Synthesis) -> None:
    text = json.dumps(each.templates)

    assert "Fn::GetStackOutput" in text
    # The one export is of a name, which never changes: see the next test.
    assert text.count("Fn::ImportValue") == 2


def test_no_stack_waits_for_one_that_waits_for_it(defaults: Synthesis) -> None:
    names = {id_: naming.stack("dev", id_.lower()) for id_ in STACKS}
    refers = {
        id_: {other for other, name in names.items() if f'"Fn::GetStackOutput": {{"StackName": "{name}"' in json.dumps(template)}
        for id_, template in defaults.templates.items()
    }

    assert refers == {"Storage": set(), "Training": {"Storage"}, "Serving": {"Training"}}


def test_storage_cannot_be_deleted_under_the_other_stacks_and_its_export_locks_no_update(each: Synthesis) -> None:
    storage = naming.storage_stack(each.settings.stage)
    exports = {name: [output for output in template["Outputs"].values() if "Export" in output] for name, template in each.templates.items()}
    uses = [each.templates[name]["Outputs"]["Uses"]["Value"] for name in ("Training", "Serving")]

    (export,) = exports.pop("Storage")
    assert (export["Value"], export["Export"]) == (storage, {"Name": f"{storage}-in-use"})
    assert uses == [{"Fn::ImportValue": f"{storage}-in-use"}] * 2
    assert not any(exports.values())


def test_cloudformation_waits_longer_for_a_custom_resource_than_all_attempts_of_its_function_take(each: Synthesis) -> None:
    found = 0
    for template in each.templates.values():
        for resource in template["Resources"].values():
            if resource["Type"].startswith("Custom::"):
                found += 1
                function, _ = resource["Properties"]["ServiceToken"]["Fn::GetAtt"]
                once = template["Resources"][function]["Properties"]["Timeout"]
                # Lambda tries an event three times, a minute and two minutes apart; CloudFormation takes at most an hour.
                assert 3 * once + 180 < int(resource["Properties"]["ServiceTimeout"]) <= 3600

    assert found == 2 + (each.settings.approval == "manual")


def test_the_bootstrap_that_preflight_asks_for_is_the_one_that_the_stacks_need(defaults: Synthesis) -> None:
    manifest = json.loads((defaults.folder / "manifest.json").read_text(encoding="utf-8"))

    needed = {artifact.get("properties", {}).get("requiresBootstrapStackVersion") for artifact in manifest["artifacts"].values()}

    assert max(filter(None, needed)) == naming.BOOTSTRAP_VERSION
