"""MLflow's model registry with a guard: it runs in the MLflow server and nowhere else.

The store is the last place every write passes, from the API, the UI and any client. For models of
declared lines it asks :mod:`slipway.registry.server.permissions` first; other models are plain MLflow.
"""

import functools
import os
from collections.abc import Sequence
from pathlib import Path

from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import PERMISSION_DENIED
from mlflow.store.model_registry.dbmodels.models import (
    SqlRegisteredModelAlias,
    SqlRegisteredModelTag,
)
from mlflow.utils.validation import _validate_model_version_tag, _validate_registered_model_tag

from slipway.registry.names import RELEASE, REVIEW, STAGE, STOP
from slipway.registry.server import permissions, stored
from slipway.registry.server.alias_permissions import check_alias
from slipway.registry.server.caller import current_caller
from slipway.registry.server.grants import let_reviewers_review
from slipway.registry.server.release_permissions import check_release
from slipway.registry.server.review_desk import ReviewDesk
from slipway.registry.server.tables import guards
from slipway.registry.state import ReleaseState

_SCHEME = "slipway:"


class GuardedStore(ReviewDesk):
    """A ``SqlAlchemyStore`` for URIs like ``slipway:sqlite:////home/mlflow.db``.

    Raises BadConfig when the signing key (SLIPWAY_SIGNING_KEY) is missing or unusable, or for a
    database other than SQLite and PostgreSQL.
    """

    def __init__(self, store_uri: str) -> None:
        key = Path(os.environ.get("SLIPWAY_SIGNING_KEY", ""))
        super().__init__(store_uri.removeprefix(_SCHEME), key)

    # models

    @guards
    def create_registered_model(
        self,
        name: str,
        tags: Sequence[RegisteredModelTag] | None = None,
        *args: object,
        **kwargs: object,
    ) -> object:
        """Only the service account starts a line's model, and without a release state."""
        permissions.check_service(current_caller(), f"create the model {name}")
        if any(tag.key == RELEASE for tag in tags or ()):
            permissions.refuse_forever(f"tag {RELEASE} before there is a version", name)
        created = super().create_registered_model(name, tags, *args, **kwargs)
        let_reviewers_review(name)  # of a line that was declared after the server started
        return created

    @guards
    def update_registered_model(self, name: str, *args: object, **kwargs: object) -> object:
        """Only the service account describes a line's model."""
        permissions.check_service(current_caller(), f"describe {name}")
        return super().update_registered_model(name, *args, **kwargs)

    def rename_registered_model(self, name: str, new_name: str) -> object:
        """A line's model keeps its name, and no other model takes it."""
        line = new_name if self.is_of_a_line(new_name) else name
        return self._rename(line, name, new_name)

    @guards
    def delete_registered_model(self, name: str) -> None:
        """A line's model stays."""
        permissions.refuse_forever("deletion", name)

    @guards
    def set_registered_model_tag(self, name: str, tag: RegisteredModelTag) -> None:
        """The release state is checked; other tags are the service account's."""
        _validate_registered_model_tag(tag.key, tag.value)
        caller = current_caller()
        permissions.check_service(caller, f"set tags of {name}")
        with self._locked(name) as session:
            model = self._get_registered_model(session, name)
            if tag.key == RELEASE:
                permissions.check_declared(name)
                now = self._get_registered_model_tag(session, name, RELEASE)
                look = functools.partial(self._look, session)
                old = now.value if now else None
                check_release(
                    caller,
                    name,
                    tag.value,
                    old,
                    look=look,
                    verify=functools.partial(self.undecided, session),
                    manifest=stored.manifest,
                )
            session.merge(
                SqlRegisteredModelTag(
                    workspace=model.workspace, name=name, key=tag.key, value=tag.value
                )
            )

    @guards
    def delete_registered_model_tag(self, name: str, key: str) -> None:
        """The release state stays."""
        permissions.check_service(current_caller(), f"delete tags of {name}")
        if key == RELEASE:
            permissions.refuse_forever(f"deletion of tag {key}", name)
        super().delete_registered_model_tag(name, key)

    @guards
    def set_registered_model_alias(self, name: str, alias: str, version: str) -> None:
        """Champions are approved; backfills get no alias at all."""
        with self._locked(name) as session:
            facts = self._facts(session, name, version)
            now = self._get_registered_model_tag(session, name, RELEASE)
            shown = ReleaseState.if_understood(now.value if now else None, name)
            verify = functools.partial(self.undecided, session)
            check_alias(current_caller(), facts, alias, verify, stored.manifest, shown=shown)
            workspace = self._get_registered_model(session, name).workspace
            session.merge(
                SqlRegisteredModelAlias(
                    workspace=workspace, name=name, alias=alias, version=int(version)
                )
            )

    @guards
    def delete_registered_model_alias(self, name: str, alias: str) -> None:
        """Only the service account takes an alias away."""
        permissions.check_service(current_caller(), f"delete aliases of {name}")
        super().delete_registered_model_alias(name, alias)

    # versions

    @guards
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
        permissions.check_new_version(current_caller(), name, {t.key: t.value for t in tags or ()})
        return super().create_model_version(name, source, run_id, tags, *args, **kwargs)

    @guards
    def update_model_version(
        self, name: str, version: str, description: str | None = None
    ) -> object:
        """A reviewed page does not change."""
        with self._locked(name) as session:
            facts = self._facts(session, name, version)
            permissions.check_description(current_caller(), facts, description)
        return super().update_model_version(name, version, description)

    @guards
    def transition_model_version_stage(self, name: str, *_args: object, **_kwargs: object) -> None:
        """MLflow's old stages are not used: the tag ``stage`` shows the ledger's."""
        permissions.refuse_forever("MLflow stage", name)

    @guards
    def delete_model_version(self, name: str, version: str) -> None:
        """Only versions that no release stands on go."""
        with self._locked(name) as session:
            facts = self._facts(session, name, version)
            now = self._get_registered_model_tag(session, name, RELEASE)
            permissions.check_deletion(current_caller(), facts, now.value if now else None)
        super().delete_model_version(name, version)

    @guards
    def set_model_version_tag(self, name: str, version: str, tag: ModelVersionTag) -> None:
        """The review gesture, and the tags that show the ledger."""
        _validate_model_version_tag(tag.key, tag.value)
        caller = current_caller()
        seen = self.seen(caller, name, version, tag.value) if tag.key == REVIEW else None
        with self._locked(name) as session:
            facts = self._facts(session, name, version)
            if tag.key == REVIEW:
                self.review(session, caller, facts, seen, tag.value)
            elif tag.key == STOP:
                self.stop(session, caller, facts, tag.value)
            else:
                verify = functools.partial(self.undecided, session)
                permissions.check_version_tag(caller, facts, tag.key, tag.value, verify)
                if tag.key == STAGE:
                    self.take_up(session, caller, facts, tag.value)
                self._put(session, facts, tag.key, tag.value)

    @guards
    def delete_model_version_tag(self, name: str, version: str, key: str) -> None:
        """Tags that the review and the router rely on stay."""
        with self._locked(name) as session:
            facts = self._facts(session, name, version)
            permissions.check_version_tag(current_caller(), facts, key, None, self.verified)
        super().delete_model_version_tag(name, version, key)

    # inside

    def _rename(self, line: str, name: str, new_name: str) -> object:
        if self.is_of_a_line(line):
            refusal = f"renaming of {name} to {new_name}: a line's name is fixed"
            raise MlflowException(refusal, error_code=PERMISSION_DENIED)
        return super().rename_registered_model(name, new_name)
