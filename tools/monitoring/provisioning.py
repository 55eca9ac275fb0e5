# SPDX-License-Identifier: Apache-2.0
"""Grafana's provisioning files. Grafana skips what it does not know without a word, so what is
known is written down here."""

import os

import jsonschema
import yaml

from . import DEPLOY


def _object(required, **optional):
    return {"type": "object", "properties": {**required, **optional},
            "required": list(required), "additionalProperties": False}


TEXT, YES_NO, NUMBER = {"type": "string", "minLength": 1}, {"type": "boolean"}, {"type": "integer"}
UID = {"type": "string", "pattern": "^[a-zA-Z0-9_-]{1,40}$"}

DATA_SOURCES = _object({
    "apiVersion": {"const": 1},
    "datasources": {"type": "array", "minItems": 1, "items": _object({
        "name": TEXT, "uid": UID, "type": {"const": "prometheus"},
        "access": {"enum": ["proxy", "direct"]}, "url": {"type": "string", "pattern": "^https?://"},
        "jsonData": _object({"timeInterval": {"type": "string", "pattern": "^[0-9]+[smh]$"}},
                            httpMethod={"enum": ["GET", "POST"]}),
    }, isDefault=YES_NO, editable=YES_NO, basicAuth=YES_NO, basicAuthUser=TEXT)},
})

PROVIDERS = _object({
    "apiVersion": {"const": 1},
    "providers": {"type": "array", "minItems": 1, "items": _object({
        "name": TEXT, "type": {"const": "file"},
        "options": _object({"path": {"type": "string", "pattern": "^/"}},
                           foldersFromFilesStructure=YES_NO),
    }, folder=TEXT, folderUid=UID, disableDeletion=YES_NO, allowUiUpdates=YES_NO,
        updateIntervalSeconds=NUMBER, orgId=NUMBER)},
})

FILES = {"datasources/prometheus.yml": DATA_SOURCES, "dashboards/flowmark.yml": PROVIDERS}


def _read(path):
    with open(os.path.join(DEPLOY, path), encoding="utf-8") as file:
        return yaml.safe_load(file)


def load_all():
    """{file name: content}."""
    return {name: _read(f"grafana/provisioning/{name}") for name in FILES}


def problems(files):
    found = [f"{name}: {'/'.join(map(str, error.absolute_path))}: {error.message}"
             for name, schema in FILES.items()
             for error in jsonschema.Draft7Validator(schema).iter_errors(files[name])]
    if found:
        return found
    scraped = _read("prometheus/prometheus.yml")["global"]["scrape_interval"]
    said = files["datasources/prometheus.yml"]["datasources"][0]["jsonData"]["timeInterval"]
    if said != scraped:
        found.append(f"the data source says that scrapes are {said} apart, Prometheus {scraped}")
    return found
