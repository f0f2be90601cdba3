"""The graph of one tree: who builds on whom, what is a head, and what is wrong with it. Knows nothing of files or
tools.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Generic, TypeVar

import msgspec

N = TypeVar("N", bound=Hashable)


class Graph(msgspec.Struct, Generic[N]):
    """Nodes with their parents, both in the order they were added. Parents outside the graph are left out by the
    builder.
    """

    parents: dict[N, list[N]] = msgspec.field(default_factory=dict)

    def add(self, node: N) -> None:
        self.parents.setdefault(node, [])

    def link(self, child: N, parent: N) -> None:
        if parent is not child and parent not in self.parents[child]:
            self.parents[child].append(parent)

    def children(self) -> dict[N, list[N]]:
        found: dict[N, list[N]] = {node: [] for node in self.parents}
        for node, parents in self.parents.items():
            for parent in parents:
                found[parent].append(node)
        return found

    def heads(self) -> list[N]:
        """Nodes that nothing builds on."""
        return [node for node, children in self.children().items() if not children]

    def roots(self) -> list[N]:
        return [node for node, parents in self.parents.items() if not parents]

    def ancestors(self, nodes: Iterable[N]) -> set[N]:
        """The nodes themselves and everything they build on."""
        seen: set[N] = set()
        waiting = list(nodes)
        while waiting:
            node = waiting.pop()
            if node not in seen:
                seen.add(node)
                waiting.extend(self.parents[node])
        return seen

    def components(self) -> list[list[N]]:
        """Nodes that hang together, whatever the direction."""
        children = self.children()
        seen: set[N] = set()
        found: list[list[N]] = []
        for start in self.parents:
            if start in seen:
                continue
            seen.add(start)
            component = [start]
            for node in component:
                for neighbour in (*self.parents[node], *children[node]):
                    if neighbour not in seen:
                        seen.add(neighbour)
                        component.append(neighbour)
            found.append(component)
        return found

    def ordered(self, key: Callable[[N], Any]) -> tuple[list[N], list[N]]:
        """Parents before children, the smallest key first where there is a choice; and the nodes on or behind a cycle.

        The latter stand at the end of the order, by key.
        """
        waiting = {node: len(parents) for node, parents in self.parents.items()}
        children = self.children()
        position = {node: at for at, node in enumerate(self.parents)}
        ready = [(key(node), position[node], node) for node, count in waiting.items() if count == 0]
        heapq.heapify(ready)
        order: list[N] = []
        while ready:
            node = heapq.heappop(ready)[2]
            order.append(node)
            for child in children[node]:
                waiting[child] -= 1
                if waiting[child] == 0:
                    heapq.heappush(ready, (key(child), position[child], child))
        done = set(order)
        stuck = sorted(
            (node for node in self.parents if node not in done), key=lambda node: (key(node), position[node])
        )
        return [*order, *stuck], stuck

    def cycle(self, stuck: Sequence[N]) -> list[N]:
        """One cycle among nodes that no order exists for."""
        among = set(stuck)
        path: list[N] = []
        at: dict[N, int] = {}
        node = stuck[0]
        while node not in at:
            at[node] = len(path)
            path.append(node)
            node = next(parent for parent in self.parents[node] if parent in among)
        return path[at[node] :]
