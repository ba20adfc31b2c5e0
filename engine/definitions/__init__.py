"""Reads, checks, deploys and finds definitions: processes, decisions and forms."""

from engine.definitions.deploy import Deployed, Deployment, deploy
from engine.definitions.files import Known, Read, check_references, kind_of, lint, read_files
from engine.definitions.forms import Form
from engine.definitions.store import DefinitionStore

__all__ = [
    "DefinitionStore",
    "Deployed",
    "Deployment",
    "Form",
    "Known",
    "Read",
    "check_references",
    "deploy",
    "kind_of",
    "lint",
    "read_files",
]
