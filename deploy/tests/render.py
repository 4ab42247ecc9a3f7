"""Renders kustomizations and validates each object strictly against each version of Kubernetes.

    render.py DIRECTORY...        every kustomization.yaml below; what is a component is only listed
    render.py --objects FILE      the objects of one file, as they are

Prints JSON: {"versions": [...], "kustomizations": [{"directory", "is_component", "components", "objects", "findings"}]}. A file `kubernetes-version` beside a kustomization, or in a folder above it, says from which version on it works.
"""

import json
import pathlib
import subprocess
import sys

import jsonschema
import yaml
from kubernetes_validate import utils
from referencing import Registry, Resource

import kubectl

VERSIONS = list(dict.fromkeys(utils.major_minor(version) for version in utils.all_versions()))
# Kinds that come with something that is installed into a cluster, and have no schema here.
FOREIGN = ("gateway.networking.k8s.io/", "monitoring.coreos.com/", "keda.sh/", "cert-manager.io/")


class Schemas:
    """The schemas of one version, each kind read once."""

    def __init__(self, version: str):
        self.folder = f"kubernetes-json-schema/v{version}.0-local-strict"
        self.version = version
        self.definitions = Resource.from_contents(self.read("_definitions")) @ Registry()
        self.validators = {}

    def read(self, name: str):
        return utils.schema_contents(f"{self.folder}/{name}.json", self.version)

    def validator(self, name: str):
        if name not in self.validators:
            try:
                schema = self.read(name)
            except FileNotFoundError:
                self.validators[name] = None
            else:
                registry = Resource.from_contents(schema) @ self.definitions
                self.validators[name] = jsonschema.Draft202012Validator(schema, registry=registry)
        return self.validators[name]

    def findings(self, thing: dict):
        """What this version says against an object."""
        kind, api = str(thing.get("kind")), str(thing.get("apiVersion"))
        group, _, version = api.rpartition("/")
        name = "-".join(filter(None, [kind.lower(), group.split(".")[0], version]))
        validator = self.validator(name)
        if validator is None:
            return [f"there is no {kind} of {api}"]
        errors = validator.iter_errors(thing)
        return [f"{'.'.join(map(str, error.absolute_path))}: {error.message}" for error in errors]


class Checker:
    """All versions, and what they said of objects that were there before."""

    def __init__(self):
        self.schemas = {}
        self.known = {}

    def findings(self, things: list, lowest: str):
        """What is wrong with objects, with the versions that say so."""
        return [finding for thing in things for finding in self.of_one(thing, lowest)]

    def of_one(self, thing: dict, lowest: str):
        if str(thing.get("apiVersion")).startswith(FOREIGN):
            return []
        key = (json.dumps(thing, sort_keys=True), lowest)
        if key not in self.known:
            self.known[key] = self.ask(thing, lowest)
        return self.known[key]

    def ask(self, thing: dict, lowest: str):
        by_text = {}
        for version in VERSIONS[VERSIONS.index(lowest):]:
            if version not in self.schemas:
                self.schemas[version] = Schemas(version)
            for text in self.schemas[version].findings(thing):
                by_text.setdefault(text, []).append(version)
        name = f"{thing.get('kind')}/{thing.get('metadata', {}).get('name')}"
        return [f"{name}: {text} (Kubernetes {' '.join(found)})" for text, found in by_text.items()]


def lowest_version(directory: pathlib.Path) -> str:
    """The oldest version that a directory is meant for."""
    for folder in [directory, *directory.parents]:
        file = folder / "kubernetes-version"
        if file.exists():
            return file.read_text().strip()
    return VERSIONS[0]


def render(directory: pathlib.Path):
    """The objects of a kustomization, or why there are none."""
    done = subprocess.run([kubectl.path(), "kustomize", directory], capture_output=True, text=True)
    if done.returncode != 0:
        return [], [done.stderr.strip()]
    objects = [thing for thing in yaml.safe_load_all(done.stdout) if thing]
    # A field that will go away, and the like.
    return objects, [line for line in done.stderr.splitlines() if line.strip()]


def kustomization(directory: pathlib.Path, checker: Checker):
    """One directory."""
    text = yaml.safe_load((directory / "kustomization.yaml").read_text()) or {}
    is_component = text.get("kind") == "Component"
    objects, findings = ([], []) if is_component else render(directory)
    lowest = lowest_version(directory)
    if lowest in VERSIONS:
        findings += checker.findings(objects, lowest)
    else:
        findings.append(f"kubernetes-version is {lowest!r}, not one of {' '.join(VERSIONS)}")
    return {
        "directory": str(directory),
        "is_component": is_component,
        "components": [str((directory / one).resolve()) for one in text.get("components", [])],
        "objects": objects,
        "findings": findings,
    }


def main(arguments: list):
    checker = Checker()
    if arguments[0] == "--objects":
        objects = list(yaml.safe_load_all(pathlib.Path(arguments[1]).read_text()))
        found = [{"directory": "", "is_component": False, "components": [], "objects": objects,
                  "findings": checker.findings(objects, VERSIONS[0])}]
    else:
        files = [file for root in arguments for file in sorted(pathlib.Path(root).rglob("kustomization.yaml"))]
        found = [kustomization(file.parent.resolve(), checker) for file in files]
    json.dump({"versions": VERSIONS, "kustomizations": found}, sys.stdout, default=str)


if __name__ == "__main__":
    main(sys.argv[1:])
