"""The model registry: groups of model packages, and packages with versions and an approval.

A package is a description: an image, an artifact and what people noted about them. It is Completed at once, because nothing is scanned.
"""

from __future__ import annotations

from typing import Final

from . import events
from .api import listing, tagging
from .api.contract import Parameters, shown_by
from .api.errors import ConflictException, ValidationException
from .cloud import Cloud, arn, authorize_tags
from .store import ModelPackage, ModelPackageGroup, Store, now, taken

GROUP: Final = "model-package-group"
PACKAGE: Final = "model-package"
#: What UpdateModelPackage replaces; the rest it adds to or takes from.
_REPLACED: Final = (
    "ModelApprovalStatus",
    "ApprovalDescription",
    "InferenceSpecification",
    "SourceUri",
    "ModelCard",
    "ModelLifeCycle",
    "ModelPackageRegistrationType",
)
_LISTED: Final = ("ModelPackageDescription", "ModelApprovalStatus", "ModelLifeCycle", "ModelPackageRegistrationType")


class ModelPackageGroups:
    """The operations on model package groups.

    Args:
        cloud: the account it runs in.
    """

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def create(self, store: Store, parameters: Parameters) -> Parameters:
        """CreateModelPackageGroup.

        Raises:
            AccessDeniedException: AddTags.
            ValidationException: a name that is taken.
        """
        name = parameters["ModelPackageGroupName"]
        group = ModelPackageGroup(name, arn(self._cloud, GROUP, name), parameters, tagging.as_map(parameters.get("Tags", [])))
        authorize_tags(self._cloud, group.arn, parameters.get("Tags", []))
        with store.lock:
            if taken(store.model_package_groups, group):
                raise ValidationException(f"Model Package Group already exists: {group.arn}")
            store.model_package_groups[name] = group
        return {"ModelPackageGroupArn": group.arn}

    def describe(self, store: Store, parameters: Parameters) -> Parameters:
        """DescribeModelPackageGroup, by name or ARN."""
        group = self.find(store, parameters["ModelPackageGroupName"])
        return {**shown_by("DescribeModelPackageGroup", group.request), **_group_summary(group), "CreatedBy": {}}

    def list_(self, store: Store, parameters: Parameters) -> Parameters:
        """ListModelPackageGroups."""
        with store.lock:
            groups = list(store.model_package_groups.values())
        found, token = listing.page(groups, parameters)
        return {"ModelPackageGroupSummaryList": [_group_summary(group) for group in found], "NextToken": token}

    def delete(self, store: Store, parameters: Parameters) -> Parameters:
        """DeleteModelPackageGroup.

        Raises:
            ConflictException: it still has packages.
            ValidationException: there is no such group.
        """
        with store.lock:
            group = self.find(store, parameters["ModelPackageGroupName"])
            if any(package.group == group.name for package in store.model_packages.values()):
                raise ConflictException(f"Cannot delete Model Package Group {group.arn}: it still has model packages. Delete them first.")
            del store.model_package_groups[group.name]
        return {}

    def find(self, store: Store, name: str) -> ModelPackageGroup:
        """The group of this name or ARN.

        Raises:
            ValidationException: there is none.
        """
        wanted = name if name.startswith("arn:") else arn(self._cloud, GROUP, name)
        found = next((group for group in store.model_package_groups.values() if group.arn == wanted.lower()), None)
        if found is None:
            raise ValidationException(f"ModelPackageGroup {wanted} does not exist.")
        return found


class ModelPackages:
    """The operations on model packages.

    Args:
        cloud: the account it runs in.
        groups: the model package groups.
    """

    def __init__(self, cloud: Cloud, groups: ModelPackageGroups) -> None:
        self._cloud, self._groups = cloud, groups

    def create(self, store: Store, parameters: Parameters) -> Parameters:
        """CreateModelPackage: the next version of a group, or a package with a name of its own.

        Raises:
            AccessDeniedException: AddTags.
            ValidationException: neither or both of name and group, no such group, tags for a version, or a name that is taken.
        """
        if ("ModelPackageName" in parameters) == ("ModelPackageGroupName" in parameters):
            raise ValidationException("Exactly one of ModelPackageName and ModelPackageGroupName must be given.")
        if "ModelPackageGroupName" in parameters and parameters.get("Tags"):
            raise ValidationException("A version has the tags of its group: Tags cannot be given with ModelPackageGroupName.")
        if "InferenceSpecification" not in parameters:
            raise ValidationException("InferenceSpecification must be given: the sandbox copies none from an algorithm.")
        with store.lock:
            known = self._asked_for_before(store, parameters)
            if known is not None:
                return {"ModelPackageArn": known.arn}
            package = self._new(store, parameters)
            authorize_tags(self._cloud, package.arn, parameters.get("Tags", []))
            if taken(store.model_packages, package):
                raise ValidationException(f"Model Package already exists: {package.arn}")
            store.model_packages[package.arn] = package
        events.model_package_changed(self._cloud, package, _description(package))
        return {"ModelPackageArn": package.arn}

    def describe(self, store: Store, parameters: Parameters) -> Parameters:
        """DescribeModelPackage, by ARN, name, or group and version."""
        return _description(self.find(store, parameters["ModelPackageName"]))

    def list_(self, store: Store, parameters: Parameters) -> Parameters:
        """ListModelPackages: of a group; else those with a name of their own, or all, by ModelPackageType."""
        kind = "Versioned" if "ModelPackageGroupName" in parameters else parameters.get("ModelPackageType", "Unversioned")
        group = self._groups.find(store, parameters["ModelPackageGroupName"]).name if "ModelPackageGroupName" in parameters else None
        status = parameters.get("ModelApprovalStatus")
        with store.lock:
            packages = [
                package
                for package in store.model_packages.values()
                if kind in ("Both", "Versioned" if package.group else "Unversioned")
                and group in (None, package.group)
                and status in (None, package.request.get("ModelApprovalStatus"))
            ]
        found, token = listing.page(packages, parameters)
        return {"ModelPackageSummaryList": [_package_summary(package) for package in found], "NextToken": token}

    def update(self, store: Store, parameters: Parameters) -> Parameters:
        """UpdateModelPackage: approval and notes; a changed approval is an event."""
        package = self.find(store, parameters["ModelPackageArn"])
        with store.lock:
            package.request.update({name: parameters[name] for name in _REPLACED if name in parameters})
            notes = {**package.request.get("CustomerMetadataProperties", {}), **parameters.get("CustomerMetadataProperties", {})}
            for key in parameters.get("CustomerMetadataPropertiesToRemove", []):
                notes.pop(key, None)
            package.request["CustomerMetadataProperties"] = notes or None
            package.modified = now()
        updated = [name for name in parameters if name not in ("ModelPackageArn", "ClientToken")]
        events.model_package_changed(self._cloud, package, _description(package), updated)
        return {"ModelPackageArn": package.arn}

    def delete(self, store: Store, parameters: Parameters) -> Parameters:
        """DeleteModelPackage; models made of it go on."""
        with store.lock:
            del store.model_packages[self.find(store, parameters["ModelPackageName"]).arn]
        return {}

    def find(self, store: Store, name: str) -> ModelPackage:
        """The package of this ARN, name, or `group/version`.

        Raises:
            ValidationException: there is none.
        """
        wanted = (name if name.startswith("arn:") else arn(self._cloud, PACKAGE, name)).lower()
        package = store.model_packages.get(wanted)
        if package is None:
            raise ValidationException(f"ModelPackage {wanted} does not exist.")
        return package

    def container(self, store: Store, name: str) -> Parameters:
        """The container of a package, as CreateModel takes one.

        Raises:
            ValidationException: no such package, or it is not approved.
        """
        package = self.find(store, name)
        if package.group and package.request.get("ModelApprovalStatus") != "Approved":
            status = package.request.get("ModelApprovalStatus")
            raise ValidationException(f"ModelPackage {package.arn} is in approval status {status}: only an Approved one makes a model.")
        described: Parameters = package.request["InferenceSpecification"]["Containers"][0]
        return {name: described[name] for name in ("Image", "ModelDataUrl", "Environment") if name in described}

    @staticmethod
    def _asked_for_before(store: Store, parameters: Parameters) -> ModelPackage | None:
        """The package that the same ClientToken has made; SDKs make one up for every call."""
        token = parameters.get("ClientToken")
        made = store.model_packages.values() if token else ()
        return next((each for each in made if each.request.get("ClientToken") == token), None)

    def _new(self, store: Store, parameters: Parameters) -> ModelPackage:
        tags = tagging.as_map(parameters.get("Tags", []))
        if "ModelPackageName" in parameters:
            name = parameters["ModelPackageName"]
            return ModelPackage(name, arn(self._cloud, PACKAGE, name), dict(parameters), tags)
        group = self._groups.find(store, parameters["ModelPackageGroupName"])
        group.versions += 1
        request = {"ModelApprovalStatus": "PendingManualApproval", **parameters, "ModelPackageGroupName": group.name}
        name = f"{group.name}/{group.versions}"
        return ModelPackage(name, arn(self._cloud, PACKAGE, name), request, tags, group.name, group.versions)


def _group_summary(group: ModelPackageGroup) -> Parameters:
    return {
        "ModelPackageGroupName": group.name,
        "ModelPackageGroupArn": group.arn,
        "ModelPackageGroupDescription": group.request.get("ModelPackageGroupDescription"),
        "CreationTime": group.created,
        "ModelPackageGroupStatus": "Completed",
    }


def _description(package: ModelPackage) -> Parameters:
    return {
        **shown_by("DescribeModelPackage", package.request),
        "ModelPackageName": package.group or package.name,
        "ModelPackageVersion": package.version,
        "ModelPackageArn": package.arn,
        "CreationTime": package.created,
        "LastModifiedTime": package.modified,
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
    }


def _package_summary(package: ModelPackage) -> Parameters:
    return {
        **{name: package.request.get(name) for name in _LISTED},
        "ModelPackageName": None if package.group else package.name,
        "ModelPackageGroupName": package.group,
        "ModelPackageVersion": package.version,
        "ModelPackageArn": package.arn,
        "CreationTime": package.created,
        "ModelPackageStatus": "Completed",
    }
