# SPDX-License-Identifier: Apache-2.0
"""Says what is wrong with Kubernetes objects, field by field, by the types of the official Python
client, which are generated from the API's own description:

    FOLDER/run python3 kubernetes_types.py [--each-field] FILE...

Needs python3-kubernetes and python3-yaml (of Debian's trixie: tools/suite). Exit status 1 when
there is anything; a kind that is not known is. --each-field misspells each field in turn, and says
which of these it would not have noticed.
"""

import copy
import re
import sys

import yaml
from kubernetes.client import models

CLASSES = {("v1", kind): f"V1{kind}" for kind in ("ConfigMap", "Namespace", "ServiceAccount")}
CLASSES["apps/v1", "DaemonSet"] = "V1DaemonSet"

# Of the Prometheus operator's reference: the fields that are in use here. No client has its types.
MATCH = {"matchLabels": {"*": str}}
POD_MONITOR = {
    "apiVersion": str, "kind": str,
    "metadata": {"name": str, "namespace": str, "labels": {"*": str}},
    "spec": {"selector": MATCH, "namespaceSelector": {"matchNames": [str]}, "podMetricsEndpoints": [
        {"port": str, "interval": str, "path": str, "scheme": str,
         "relabelings": [{"sourceLabels": [str], "targetLabel": str, "replacement": str,
                          "regex": str, "action": str}]}]}}

PLAIN: dict[str, tuple[type, ...]] = {
    "str": (str,), "int": (int,), "bool": (bool,), "float": (int, float), "datetime": (str,)}
QUANTITIES = re.compile(r"\.resources\.(limits|requests)\.\w+$")
QUANTITY = re.compile(r"^\d+(\.\d+)?(m|k|Ki|M|Mi|G|Gi)?$")


def problems_of(document):
    """Yields what is wrong with one object."""
    key = (document.get("apiVersion"), document.get("kind"))
    if key == ("monitoring.coreos.com/v1", "PodMonitor"):
        yield from by_table(document, POD_MONITOR, "PodMonitor")
    elif key in CLASSES:
        yield from by_type(document, CLASSES[key], document["kind"])
    else:
        yield f"{key[0]} {key[1]}: not known"


def by_table(value, shape, path):
    if isinstance(shape, type):
        if not isinstance(value, shape):
            yield f"{path}: found {value!r}, expected {shape.__name__}"
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield f"{path}: found {value!r}, expected a list"
            return
        for number, item in enumerate(value):
            yield from by_table(item, shape[0], f"{path}[{number}]")
    else:
        for name, item in value.items():
            inner = shape.get(name, shape.get("*"))
            if inner is None:
                yield f"{path}.{name}: unknown field"
            else:
                yield from by_table(item, inner, f"{path}.{name}")


def by_type(value, wanted, path):
    """`wanted` is as the client writes types: V1Pod, list[str], dict(str, str), object."""
    inner = re.match(r"^(list|dict)[(\[](?:str, )?(.+)[)\]]$", wanted)
    if wanted == "object":
        # An int or a string: a port, or a number of pods.
        if isinstance(value, (dict, list, bool)):
            yield f"{path}: found {value!r}, expected a number or a string"
    elif wanted in PLAIN:
        if not isinstance(value, PLAIN[wanted]) or isinstance(value, bool) != (wanted == "bool"):
            yield f"{path}: found {value!r}, expected {wanted}"
        elif QUANTITIES.search(path) and not QUANTITY.match(value):
            yield f"{path}: found {value!r}, expected a quantity"
    elif inner and inner[1] == "list":
        if not isinstance(value, list):
            yield f"{path}: found {value!r}, expected a list"
            return
        for number, item in enumerate(value):
            yield from by_type(item, inner[2], f"{path}[{number}]")
    elif not isinstance(value, dict):
        yield f"{path}: found {value!r}, expected a mapping"
    elif inner:
        for name, item in value.items():
            yield from by_type(item, inner[2], f"{path}.{name}")
    else:
        yield from by_model(value, getattr(models, wanted), path)


def by_model(value, model, path):
    names = {field: attribute for attribute, field in model.attribute_map.items()}
    known = {}
    for field, item in value.items():
        if field not in names:
            yield f"{path}.{field}: unknown field"
            continue
        known[names[field]] = item
        yield from by_type(item, model.openapi_types[names[field]], f"{path}.{field}")
    try:
        model(**known)  # knows which fields there must be
    except ValueError as error:
        yield f"{path}: {error}"


def fields(value, path=()):
    """The way to each field of a mapping. Names that are free, such as labels, are left out."""
    if isinstance(value, dict):
        for name, item in value.items():
            if path and path[-1] in ("labels", "matchLabels", "nodeSelector", "data", "limits",
                                     "requests", "annotations"):
                return
            yield (*path, name)
            yield from fields(item, (*path, name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from fields(item, (*path, number))


def misspelt(document, path):
    changed = copy.deepcopy(document)
    holder = changed
    for step in path[:-1]:
        holder = holder[step]
    holder[f"{path[-1]}x"] = holder.pop(path[-1])
    return changed


def unnoticed(document):
    """Of the fields, those that could be misspelt."""
    ways = list(fields(document))
    return len(ways), [way for way in ways if not list(problems_of(misspelt(document, way)))]


def main(arguments):
    each = arguments[:1] == ["--each-field"]
    found, objects, tried = [], 0, 0
    for name in arguments[each:]:
        with open(name, encoding="utf-8") as file:
            for document in filter(None, yaml.safe_load_all(file)):
                objects += 1
                found += [f"{name}: {problem}" for problem in problems_of(document)]
                if each:
                    count, missed = unnoticed(document)
                    tried += count
                    found += [f"{name}: misspelt {way} is not noticed" for way in missed]
    print(*found, sep="\n", end="\n" if found else "")
    if not found:
        print(f"{objects} objects, nothing found" + (f", {tried} fields misspelt" if each else ""))
    return 1 if found or not objects else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
