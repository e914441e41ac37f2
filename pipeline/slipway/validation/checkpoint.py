"""Checkpoints: suites run on scans, their Data Docs built on the filesystem.

The only module that drives Great Expectations. Its import costs seconds, so callers load it where a
table is checked and nowhere else.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import great_expectations as gx
import pandas as pd
from filelock import FileLock
from great_expectations.data_context.types.base import DataContextConfig, ProgressBarsConfig
from great_expectations.render.renderer.site_builder import SiteBuilder
from jinja2 import FileSystemBytecodeCache

from slipway.validation.expectations import SCAN
from slipway.validation.scan import Scan

SITE = "site"


class Checkpoints:
    """The checkpoints of one run: they share a context, and its Data Docs are built once for all.

    ``docs`` holds results and site of ``line``; runs at the same time wait for each other.
    """

    def __init__(self, docs: Path, line: str) -> None:
        docs.mkdir(parents=True, exist_ok=True)
        self._docs, self._lock = docs, FileLock(docs / ".lock")
        self._context = gx.get_context(project_config=_configuration(docs), mode="ephemeral")
        self._source = self._context.data_sources.add_pandas(line)
        self._due: list[Any] = []

    def run(self, suite: Mapping[str, Any], scan: Scan, run_name: str) -> tuple[Any, str]:
        """Validate the table of ``scan``; returns GX's result of the suite, and where its page will be."""
        manifest = pd.DataFrame({"table": [suite["name"]], SCAN: [scan]})
        checkpoint = self._checkpoint(suite)
        with self._lock:
            outcome = checkpoint.run(
                batch_parameters={"dataframe": manifest},
                run_id=gx.RunIdentifier(run_name=run_name),
            )
        identifier, result = next(iter(outcome.run_results.items()))
        self._due.append(identifier)
        return result, str(self._site.get_resource_url(identifier, only_if_exists=False))

    def build(self) -> None:
        """Write the pages that are due, and the site's first page, which reads every result kept."""
        if self._due:
            with self._lock:
                self._site.build(self._due)
        self._due = []

    @cached_property
    def _site(self) -> SiteBuilder:
        """The builder that the context makes again for every page and address."""
        site = _site(self._docs)
        builder = SiteBuilder(data_context=self._context, site_name=SITE, **site)
        # a view compiles its thirty templates for itself: once is enough for all runs
        kept = self._docs / ".templates"
        kept.mkdir(exist_ok=True)
        for part in (*builder.site_section_builders.values(), builder.site_index_builder):
            part.view_class.env.bytecode_cache = FileSystemBytecodeCache(str(kept))
        return builder

    def _checkpoint(self, suite: Mapping[str, Any]) -> Any:  # GX is untyped
        context, name = self._context, suite["name"]
        asset = self._source.add_dataframe_asset(name)
        whole = asset.add_batch_definition_whole_dataframe("manifest")
        stored = context.suites.add(gx.ExpectationSuite(**suite))
        definition = context.validation_definitions.add(
            gx.ValidationDefinition(name=name, data=whole, suite=stored)
        )
        return context.checkpoints.add(
            gx.Checkpoint(
                name=name,
                validation_definitions=[definition],
                result_format={"result_format": "SUMMARY"},
            )
        )


@contextmanager
def checkpoints(docs: Path, line: str) -> Iterator[Checkpoints]:
    """Checkpoints on the Data Docs of ``line`` in ``docs``, whose pages are built on the way out."""
    made = Checkpoints(docs, line)
    try:
        yield made
    finally:
        made.build()


def _configuration(docs: Path) -> Any:  # GX is untyped
    def store(kind: str, backend: Mapping[str, Any]) -> dict[str, Any]:
        return {"class_name": kind, "store_backend": dict(backend)}

    memory = {"class_name": "InMemoryStoreBackend"}
    return DataContextConfig(
        config_version=4.0,
        stores={
            "suites": store("ExpectationsStore", memory),
            "results": store("ValidationResultsStore", _folder(docs / "results")),
            "checkpoints": store("CheckpointStore", memory),
            "validation_definition_store": store("ValidationDefinitionStore", memory),
        },
        expectations_store_name="suites",
        validation_results_store_name="results",
        checkpoint_store_name="checkpoints",
        data_docs_sites={SITE: {"class_name": "SiteBuilder", **_site(docs)}},
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False),
    )


def _site(docs: Path) -> dict[str, Any]:
    return {
        "show_how_to_buttons": False,
        "store_backend": _folder(docs / SITE),
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
    }


def _folder(path: Path) -> dict[str, str]:
    return {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(path)}
