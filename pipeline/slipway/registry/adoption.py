"""Files of a model that somebody else registered, as MLflow logged them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from slipway.domain.errors import UnknownReference


def download(url: str, user: str, password: str, uri: str, into: Path) -> Path:
    """The files of ``uri`` (``models:/name/3``) in folder ``into``, from the registry at ``url``.

    Raises UnknownReference where there is no such version, or it cannot be fetched.
    """
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    into.mkdir(parents=True, exist_ok=True)
    try:
        with _account(user, password):
            return Path(
                download_artifacts(
                    artifact_uri=uri, dst_path=str(into), tracking_uri=url, registry_uri=url
                )
            )
    except (MlflowException, OSError) as error:
        raise UnknownReference(
            "model to adopt",
            found=uri,
            expected=f"a registered version at {url}: {next(iter(str(error).splitlines()), '')}",
            next_step="register it there, or correct the address in the line",
        ) from error


@contextmanager
def _account(user: str, password: str) -> Iterator[None]:
    """MLflow's own client reads its account from the environment."""
    names = {"MLFLOW_TRACKING_USERNAME": user, "MLFLOW_TRACKING_PASSWORD": password}
    before = {name: os.environ.get(name) for name in names}
    os.environ.update({name: value for name, value in names.items() if value})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
