"""One checkpoint: a suite run on a scan, its Data Docs built on the filesystem.

The only module that drives Great Expectations. Its import costs seconds, so callers load it where a
table is checked and nowhere else.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import great_expectations as gx
import pandas as pd
from filelock import FileLock
from great_expectations.data_context.types.base import DataContextConfig, ProgressBarsConfig

from pipeline.validation.expectations import SCAN
from pipeline.validation.scan import Scan

SITE = "site"


def run(
    suite: Mapping[str, Any], scan: Scan, *, line: str, run_name: str, docs: Path, index: bool
) -> tuple[Any, str]:
    """Validate the table of ``scan`` and return GX's result of the suite and its page's address.

    ``docs`` holds results and site of the line; runs at the same time take turns on it. ``index``
    writes the site's first page anew, which reads every result that was ever kept.
    """
    manifest = pd.DataFrame({"table": [suite["name"]], SCAN: [scan]})
    docs.mkdir(parents=True, exist_ok=True)
    with FileLock(docs / ".lock"):
        context = gx.get_context(project_config=_configuration(docs), mode="ephemeral")
        checkpoint = _checkpoint(context, suite, line)
        outcome = checkpoint.run(
            batch_parameters={"dataframe": manifest},
            run_id=gx.RunIdentifier(run_name=run_name),
        )
        identifier, result = next(iter(outcome.run_results.items()))
        context.build_data_docs(resource_identifiers=[identifier], build_index=index)
    address = context.get_docs_sites_urls(resource_identifier=identifier)[0]["site_url"]
    return result, str(address)


def _checkpoint(context: Any, suite: Mapping[str, Any], line: str) -> Any:  # noqa: ANN401
    asset = context.data_sources.add_pandas(line).add_dataframe_asset(suite["name"])
    whole = asset.add_batch_definition_whole_dataframe("manifest")
    stored = context.suites.add(gx.ExpectationSuite(**suite))
    definition = context.validation_definitions.add(
        gx.ValidationDefinition(name=suite["name"], data=whole, suite=stored)
    )
    return context.checkpoints.add(
        gx.Checkpoint(
            name=suite["name"],
            validation_definitions=[definition],
            result_format={"result_format": "SUMMARY"},
        )
    )


def _configuration(docs: Path) -> Any:  # noqa: ANN401 - GX is untyped
    def store(kind: str, backend: Mapping[str, Any]) -> dict[str, Any]:
        return {"class_name": kind, "store_backend": dict(backend)}

    memory = {"class_name": "InMemoryStoreBackend"}
    site = {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": _folder(docs / SITE),
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
    }
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
        data_docs_sites={SITE: site},
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False),
    )


def _folder(path: Path) -> dict[str, str]:
    return {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(path)}
