"""MLflow's model registry with a guard: it runs in the MLflow server and nowhere else.

The store is the last place every write passes, from the API, the UI and any client. For models of
declared lines it asks :mod:`pipeline.release.registry.rules` first; other models are plain MLflow.
"""

import functools
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag
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
    SqlRegisteredModelAlias,
    SqlRegisteredModelTag,
)
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore
from mlflow.utils.validation import _validate_model_version_tag, _validate_registered_model_tag
from sqlalchemy.orm import Session

from pipeline.domain.approval import Approval
from pipeline.domain.errors import BadConfig, SlipwayError
from pipeline.release.registry import rules
from pipeline.release.registry.attestation import VersionFacts, attested, sign
from pipeline.release.registry.caller import current_caller
from pipeline.release.registry.keys import load_private, raw_public
from pipeline.release.registry.refusals import BAD, CONFLICT, FORBIDDEN, Refused
from pipeline.release.registry.review import judge_review
from pipeline.release.registry.words import ATTESTATION, RELEASE, REVIEW, guarded
from pipeline.settings import settings

_CODES = {BAD: INVALID_PARAMETER_VALUE, FORBIDDEN: PERMISSION_DENIED, CONFLICT: RESOURCE_CONFLICT}
_SCHEME = "slipway:"
_DATABASES = ("sqlite", "postgresql")  # others compare names without regard to case

F = TypeVar("F", bound=Callable[..., object])


def _guards(check: F) -> F:
    """Run ``check`` for a line's models and MLflow's own method for all others."""

    @functools.wraps(check)
    def answer(self: "GuardedStore", name: str, *args: object, **kwargs: object) -> object:
        if not guarded(name):
            return getattr(SqlAlchemyStore, check.__name__)(self, name, *args, **kwargs)
        with _in_mlflows_words():
            return check(self, name, *args, **kwargs)

    return cast("F", answer)


@contextmanager
def _in_mlflows_words() -> Iterator[None]:
    """A refusal as MLflow's own exception: the UI and every client show its sentence."""
    try:
        yield
    except Refused as refusal:
        raise MlflowException(str(refusal), error_code=_CODES[refusal.status]) from refusal
    except SlipwayError as error:
        raise MlflowException(str(error), error_code=PERMISSION_DENIED) from error


class GuardedStore(SqlAlchemyStore):  # type: ignore[misc] - MLflow has no types for mypy
    """A ``SqlAlchemyStore`` for URIs like ``slipway:sqlite:////home/mlflow.db``.

    Raises BadConfig when the signing key (SLIPWAY_SIGNING_KEY) is missing or unusable, or for a
    database other than SQLite and PostgreSQL.
    """

    def __init__(self, store_uri: str) -> None:
        super().__init__(store_uri.removeprefix(_SCHEME))
        if self.db_type not in _DATABASES:
            raise BadConfig(
                "MLFLOW_REGISTRY_STORE_URI",
                found=self.db_type,
                expected=f"one of {', '.join(_DATABASES)}",
                next_step="the guard is proven on these two alone",
            )
        self._key = load_private(Path(os.environ.get("SLIPWAY_SIGNING_KEY", "")))

    # models

    @_guards
    def create_registered_model(
        self,
        name: str,
        tags: Sequence[RegisteredModelTag] | None = None,
        *args: object,
        **kwargs: object,
    ) -> object:
        """Only the service account starts a line's model, and without a release state."""
        rules.check_service(current_caller(), f"create the model {name}")
        if any(tag.key == RELEASE for tag in tags or ()):
            rules.refuse_for_ever(f"tag {RELEASE} before there is a version", name)
        return super().create_registered_model(name, tags, *args, **kwargs)

    @_guards
    def update_registered_model(self, name: str, *args: object, **kwargs: object) -> object:
        """Only the service account describes a line's model."""
        rules.check_service(current_caller(), f"describe {name}")
        return super().update_registered_model(name, *args, **kwargs)

    def rename_registered_model(self, name: str, new_name: str) -> object:
        """A line's model keeps its name, and no other model takes it."""
        line = new_name if guarded(new_name) else name
        return self._rename(line, name, new_name)

    @_guards
    def delete_registered_model(self, name: str) -> None:
        """A line's model stays."""
        rules.refuse_for_ever("deletion", name)

    @_guards
    def set_registered_model_tag(self, name: str, tag: RegisteredModelTag) -> None:
        """The release state is checked; other tags are the service account's."""
        _validate_registered_model_tag(tag.key, tag.value)
        caller = current_caller()
        rules.check_service(caller, f"set tags of {name}")
        with self._alone(name) as session:
            model = self._get_registered_model(session, name)
            if tag.key == RELEASE:
                now = self._get_registered_model_tag(session, name, RELEASE)
                look = functools.partial(self._look, session)
                old = now.value if now else None
                rules.check_release(caller, name, tag.value, old, look=look, verify=self._verified)
            session.merge(
                SqlRegisteredModelTag(
                    workspace=model.workspace, name=name, key=tag.key, value=tag.value
                )
            )

    @_guards
    def delete_registered_model_tag(self, name: str, key: str) -> None:
        """The release state stays."""
        rules.check_service(current_caller(), f"delete tags of {name}")
        if key == RELEASE:
            rules.refuse_for_ever(f"deletion of tag {key}", name)
        super().delete_registered_model_tag(name, key)

    @_guards
    def set_registered_model_alias(self, name: str, alias: str, version: str) -> None:
        """Champions are approved; backfills get no alias at all."""
        with self._alone(name) as session:
            facts = self._facts(session, name, version)
            rules.check_alias(current_caller(), facts, alias, self._verified)
            workspace = self._get_registered_model(session, name).workspace
            session.merge(
                SqlRegisteredModelAlias(
                    workspace=workspace, name=name, alias=alias, version=int(version)
                )
            )

    @_guards
    def delete_registered_model_alias(self, name: str, alias: str) -> None:
        """Only the service account takes an alias away."""
        rules.check_service(current_caller(), f"delete aliases of {name}")
        super().delete_registered_model_alias(name, alias)

    # versions

    @_guards
    def create_model_version(
        self,
        name: str,
        source: str,
        run_id: str | None = None,
        tags: Sequence[ModelVersionTag] | None = None,
        *args: object,
        **kwargs: object,
    ) -> object:
        """Only the service account registers, with author, origin and digests."""
        rules.check_new_version(current_caller(), name, {t.key: t.value for t in tags or ()})
        return super().create_model_version(name, source, run_id, tags, *args, **kwargs)

    @_guards
    def update_model_version(
        self, name: str, version: str, description: str | None = None
    ) -> object:
        """A reviewed page does not change."""
        with self._alone(name) as session:
            facts = self._facts(session, name, version)
            rules.check_description(current_caller(), facts, description)
        return super().update_model_version(name, version, description)

    @_guards
    def transition_model_version_stage(
        self, name: str, *_args: object, **_kwargs: object
    ) -> object:
        """MLflow's old stages are not used: the tag ``stage`` shows the ledger's."""
        return rules.refuse_for_ever("MLflow stage", name)

    @_guards
    def delete_model_version(self, name: str, version: str) -> None:
        """Only versions that no release stands on go."""
        with self._alone(name) as session:
            facts = self._facts(session, name, version)
            now = self._get_registered_model_tag(session, name, RELEASE)
            rules.check_deletion(current_caller(), facts, now.value if now else None)
        super().delete_model_version(name, version)

    @_guards
    def set_model_version_tag(self, name: str, version: str, tag: ModelVersionTag) -> None:
        """The review gesture, and the tags that show the ledger."""
        _validate_model_version_tag(tag.key, tag.value)
        with self._alone(name) as session:
            facts = self._facts(session, name, version)
            if tag.key == REVIEW:
                self._review(session, facts, tag.value)
            else:
                rules.check_version_tag(current_caller(), facts, tag.key, tag.value)
                self._put(session, facts, tag.key, tag.value)

    @_guards
    def delete_model_version_tag(self, name: str, version: str, key: str) -> None:
        """Tags that the review and the router rely on stay."""
        with self._alone(name) as session:
            facts = self._facts(session, name, version)
            rules.check_version_tag(current_caller(), facts, key, None)
        super().delete_model_version_tag(name, version, key)

    # inside

    def _rename(self, line: str, name: str, new_name: str) -> object:
        if guarded(line):
            refusal = f"renaming of {name} to {new_name}: a line's name is fixed"
            raise MlflowException(refusal, error_code=PERMISSION_DENIED)
        return super().rename_registered_model(name, new_name)

    def _with_workspace_field(self, instance: Any) -> Any:  # noqa: ANN401 - any row of MLflow's
        if isinstance(instance, SqlModelVersion):
            instance.user_id = current_caller().user or None  # the page's "Creator"
        return super()._with_workspace_field(instance)

    @contextmanager
    def _alone(self, name: str) -> Iterator[Session]:
        """A transaction that holds the model's row: what is read in it stays true until written."""
        with self.ManagedSessionMaker(read_only=False) as session:
            self._get_query(session, SqlRegisteredModel).filter(
                SqlRegisteredModel.name == name
            ).update({"last_updated_time": int(time.time() * 1000)})
            with _in_mlflows_words():  # inside, because a session makes a 500 of other exceptions
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

    def _look(self, session: Session, name: str, version: str) -> VersionFacts | None:
        try:
            return self._facts(session, name, version)
        except MlflowException:
            return None  # MLflow's word for "not found"

    def _verified(self, facts: VersionFacts) -> Approval | None:
        return attested(facts, raw_public(self._key.public_key()))

    def _review(self, session: Session, facts: VersionFacts, text: str) -> None:
        now = settings().clock.at(time.time())
        approval = judge_review(current_caller(), facts, text, now)
        self._put(session, facts, REVIEW, text)
        self._put(session, facts, ATTESTATION, sign(approval, facts, self._key).to_json())

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
