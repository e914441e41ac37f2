"""MLflow's tables as the guard reads and writes them: one transaction, one row held."""

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import (
    INVALID_PARAMETER_VALUE,
    PERMISSION_DENIED,
    RESOURCE_CONFLICT,
)
from mlflow.store.model_registry.dbmodels.models import (
    SqlModelVersion,
    SqlModelVersionTag,
    SqlRegisteredModel,
    SqlRegisteredModelTag,
)
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore
from sqlalchemy.orm import Session

from slipway.domain.errors import BadConfig, SlipwayError
from slipway.registry.facts import VersionFacts
from slipway.registry.names import FINGERPRINT, LEARNED, RELEASE, RULES_SUFFIX
from slipway.registry.server import permissions
from slipway.registry.server.caller import current_caller
from slipway.registry.server.refusals import BAD, CONFLICT, FORBIDDEN, Refused

_CODES = {BAD: INVALID_PARAMETER_VALUE, FORBIDDEN: PERMISSION_DENIED, CONFLICT: RESOURCE_CONFLICT}
_DATABASES = ("sqlite", "postgresql")  # others compare names without regard to case

F = TypeVar("F", bound=Callable[..., object])


def guards(check: F) -> F:
    """Run ``check`` for a line's models and for the release tag; MLflow's own method for all others."""

    @functools.wraps(check)
    def answer(self: "GuardedTables", name: str, *args: object, **kwargs: object) -> object:
        if not self.is_of_a_line(name) and not _gives_release(args):
            return getattr(SqlAlchemyStore, check.__name__)(self, name, *args, **kwargs)
        with as_mlflow_exceptions():
            return check(self, name, *args, **kwargs)

    return cast("F", answer)


def _gives_release(args: tuple[object, ...]) -> bool:
    """Whether a call sets the tag that routers obey, alone or with a new model."""
    tags = args[0] if args and isinstance(args[0], list | tuple) else args
    return any(getattr(tag, "key", None) == RELEASE for tag in tags)


@contextmanager
def as_mlflow_exceptions() -> Iterator[None]:
    """A refusal as MLflow's own exception: the UI and every client show its sentence."""
    try:
        yield
    except Refused as refusal:
        raise MlflowException(str(refusal), error_code=_CODES[refusal.status]) from refusal
    except SlipwayError as error:
        raise MlflowException(str(error), error_code=PERMISSION_DENIED) from error


class GuardedTables(SqlAlchemyStore):  # type: ignore[misc]  # MLflow has no types for mypy
    """A ``SqlAlchemyStore`` that knows its caller; raises BadConfig for an unproven database."""

    def __init__(self, database_url: str) -> None:
        super().__init__(database_url)
        if self.db_type not in _DATABASES:
            raise BadConfig(
                "MLFLOW_REGISTRY_STORE_URI",
                found=self.db_type,
                expected=f"one of {', '.join(_DATABASES)}",
                next_step="the guard is proven on these two alone",
            )

    def is_of_a_line(self, name: str) -> bool:
        """Whether a model is, or was, of a line: what a router obeys stays guarded.

        A line whose package is missing here, or was taken away, is no door around the approval.
        """
        if permissions.is_guarded(name):
            return True
        line = name.removesuffix(RULES_SUFFIX)
        with self.ManagedSessionMaker() as session:
            tag = SqlRegisteredModelTag
            found = self._get_query(session, tag).filter(tag.name == line, tag.key == RELEASE)
            return found.first() is not None

    def _with_workspace_field(self, instance: Any) -> Any:  # any row of MLflow's
        if isinstance(instance, SqlModelVersion):
            instance.user_id = current_caller().user or None  # the page's "Creator"
        return super()._with_workspace_field(instance)

    @contextmanager
    def _locked(self, name: str) -> Iterator[Session]:
        """A transaction that holds the model's row: what is read in it stays true until written."""
        with self.ManagedSessionMaker(read_only=False) as session:
            self._get_query(session, SqlRegisteredModel).filter(
                SqlRegisteredModel.name == name
            ).update({"last_updated_time": int(time.time() * 1000)})
            with (
                as_mlflow_exceptions()
            ):  # inside, because a session makes a 500 of other exceptions
                yield session

    def _facts(self, session: Session, name: str, version: str) -> VersionFacts:
        row = self._get_sql_model_version(session, name, version, eager=True)
        aliases = self._get_registered_model(session, name).registered_model_aliases
        return VersionFacts(
            model=name,
            version=str(row.version),
            tags={tag.key: tag.value for tag in row.model_version_tags},
            source=row.source or "",
            run_id=row.run_id or "",
            description=row.description or "",
            aliases=tuple(a.alias for a in aliases if a.version == row.version),
        )

    def _twins(self, session: Session, facts: VersionFacts) -> list[VersionFacts]:
        """Other versions of the line that are the same model: fitted alike, or of the same trees."""
        tag, found = SqlModelVersionTag, set()
        for key in (FINGERPRINT, LEARNED):
            if value := facts.tags.get(key):
                rows = self._get_query(session, tag).filter(
                    tag.name == facts.model, tag.key == key, tag.value == value
                )
                found |= {str(row.version) for row in rows}
        return [self._facts(session, facts.model, of) for of in sorted(found - {facts.version})]

    def _look(self, session: Session, name: str, version: str) -> VersionFacts | None:
        try:
            return self._facts(session, name, version)
        except MlflowException:
            return None  # MLflow's answer for "not found"

    def _put(self, session: Session, facts: VersionFacts, key: str, value: str) -> None:
        row = self._get_sql_model_version(session, facts.model, facts.version)
        session.merge(
            SqlModelVersionTag(
                workspace=row.workspace,
                name=facts.model,
                version=row.version,
                key=key,
                value=value,
            )
        )

    def _drop(self, session: Session, facts: VersionFacts, key: str) -> None:
        """Take a tag off a version, if it is there."""
        row = self._get_sql_model_version(session, facts.model, facts.version)
        for tag in [tag for tag in row.model_version_tags if tag.key == key]:
            session.delete(tag)
