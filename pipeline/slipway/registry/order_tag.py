"""Returns that the registry holds for the ledger: a second place where an order can be written."""

import json
from collections.abc import Collection, Iterable

from slipway.domain.errors import BadInput
from slipway.registry.names import ORDERS, RELEASE
from slipway.registry.reader import RegistryReader, tags_of, unknown
from slipway.registry.state import ReleaseState
from slipway.release.orders import ReturnOrder


def orders_of(text: str | None, line: str) -> tuple[ReturnOrder, ...]:
    """The orders in the tag of ``line``; none where it cannot be understood."""
    try:
        found = json.loads(text) if text else []
    except ValueError:
        return ()
    orders = []
    for raw in found if isinstance(found, list) else ():
        try:
            orders.append(ReturnOrder.from_dict(raw, line))
        except BadInput:
            continue
    return tuple(orders)


def orders_text(orders: Iterable[ReturnOrder]) -> str:
    """The tag's text for these orders; :func:`orders_of` reads it back."""
    return json.dumps([order.to_dict() for order in orders])


class OrderedRegistry(RegistryReader):
    """The registry as the place of orders that the ledger could not be given."""

    def orders(self, line: str) -> tuple[ReturnOrder, ...]:
        """The orders that wait there for the ledger."""
        return orders_of(tags_of(self._model(line) or {}).get(ORDERS), line)

    def take_off(self, order: ReturnOrder) -> None:
        """Show what is shown now, less the version of ``order``; keep it for the ledger.

        The state keeps its epoch: the guard lets one through that only takes away. Raises
        UnknownReference for a line that is not registered.
        """
        model = self._model(order.line)
        if model is None:
            raise unknown("registered model", order.line)
        tags = tags_of(model)
        if not order.recorded:
            kept = {o.version: o for o in orders_of(tags.get(ORDERS), order.line)}
            self._set_orders(order.line, (kept | {order.version: order}).values())
        shown = ReleaseState.if_understood(tags.get(RELEASE), order.line)
        if shown is not None and order.version in shown.versions:
            self._set_model_tag(order.line, RELEASE, shown.without({order.version}).to_text())

    def forget_orders(self, line: str, versions: Collection[str]) -> None:
        """Take orders away that the ledger holds."""
        waiting = self.orders(line)
        left = [order for order in waiting if order.version not in versions]
        if len(left) < len(waiting):
            self._set_orders(line, left)

    def _set_orders(self, line: str, orders: Iterable[ReturnOrder]) -> None:
        self._set_model_tag(line, ORDERS, orders_text(orders))

    def _set_model_tag(self, model: str, key: str, value: str) -> None:
        self._rest.put("registered-models/set-tag", name=model, key=key, value=value)
