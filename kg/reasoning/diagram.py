"""Exact answers over all completions of a record, by decision diagrams over bands.

1. A formula becomes an ordered, reduced decision diagram: a node asks for the band of one
   variable and leads on to a child for each band; a leaf is an answer. No path asks for a
   variable twice, however often the formula names it.
2. A record leaves of each variable a mask of bands. An answer is possible exactly if a path
   from the root to its leaf runs along bands that remain possible: each such path is a set
   of completions, and each completion lies on one path.
3. So `possible` collects the leaves that can be reached. One leaf left: the answer holds in
   every completion. This is exact where true-false-null logic, part by part, is not.
4. A variable matters (`sensitive`) if, from some node that can be reached, two bands lead
   to children that some completion of the rest tells apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from kg.guideline.formula import And, Atom, Formula, Not, Or, Ref
from kg.guideline.values import Variable

FALSE, TRUE = 0, 1
NO, YES = 1, 2  # the sets of the one leaf FALSE, and of the one leaf TRUE


class Diagrams:
    """A store of decision diagrams that share their nodes and one order of the variables.

    A diagram is the number of its root. The leaves 0 .. 15 are answers; FALSE and TRUE are
    two of them. `order` lists the variables from the root down.
    """

    LEAVES = 16

    def __init__(
        self,
        variables: Mapping[str, Variable],
        formulas: Mapping[str, Formula],
        order: Sequence[str],
    ) -> None:
        self.variables = variables
        self.formulas = formulas
        self.order = list(order)
        self.level = {name: i for i, name in enumerate(order)}
        self.levels: list[int] = [len(self.order)] * self.LEAVES
        self.children: list[tuple[int, ...]] = [()] * self.LEAVES
        self.edges: list[tuple[tuple[int, int], ...]] = [()] * self.LEAVES
        self._unique: dict[tuple[int, tuple[int, ...]], int] = {}
        self._named: dict[str, int] = {}
        self._applied: dict[tuple[Callable[..., int], tuple[int, ...]], int] = {}

    def node(self, level: int, children: tuple[int, ...]) -> int:
        """Return the node that asks for the variable of a level; equal nodes are one."""
        if all(child == children[0] for child in children):
            return children[0]
        key = (level, children)
        found = self._unique.get(key)
        if found is None:
            found = self._unique[key] = len(self.levels)
            self.levels.append(level)
            self.children.append(children)
            masks: dict[int, int] = {}
            for band, child in enumerate(children):
                masks[child] = masks.get(child, 0) | 1 << band
            self.edges.append(tuple((mask, child) for child, mask in masks.items()))
        return found

    def combine(self, roots: tuple[int, ...], answer: Callable[..., int]) -> int:
        """Return the diagram of `answer` applied to the leaves of several diagrams."""
        key = (answer, roots)
        found = self._applied.get(key)
        if found is None:
            level = min(self.levels[root] for root in roots)
            if level == len(self.order):
                found = answer(*roots)
            else:
                count = self.variables[self.order[level]].band_count
                found = self.node(
                    level,
                    tuple(
                        self.combine(tuple(self.child(r, level, band) for r in roots), answer)
                        for band in range(count)
                    ),
                )
            self._applied[key] = found
        return found

    def child(self, root: int, level: int, band: int) -> int:
        """Return where a band of a level leads to, from a root at that level or below."""
        return self.children[root][band] if self.levels[root] == level else root

    def of(self, formula: Formula) -> int:
        """Return the diagram of a formula, references followed."""
        match formula:
            case Atom(variable):
                return self.holds(variable, formula.mask(self.variables))
            case Ref(name):
                if name not in self._named:
                    self._named[name] = self.of(self.formulas[name])
                return self._named[name]
            case Not(part):
                return self.no(self.of(part))
            case And(parts):
                return self.all(self.of(part) for part in parts)
            case Or(parts):
                return self.any(self.of(part) for part in parts)

    def holds(self, variable: str, mask: int) -> int:
        """Return where a variable lies in some bands."""
        count = self.variables[variable].band_count
        return self.node(self.level[variable], tuple(mask >> band & 1 for band in range(count)))

    def no(self, root: int) -> int:
        """Return the negation of a diagram."""
        return self.combine((root,), _negated)

    def given(self, root: int, variable: str, band: int) -> int:
        """Return a diagram as it is where a variable has a band, whatever band it has."""
        level, found = self.level[variable], dict[int, int]()
        for node in self.below([root]):
            children = tuple(found.get(child, child) for child in self.children[node])
            here = self.levels[node]
            found[node] = children[band] if here == level else self.node(here, children)
        return found.get(root, root)

    def all(self, roots: Iterable[int]) -> int:
        """Return the conjunction of diagrams."""
        result = TRUE
        for root in roots:
            result = self.combine((result, root), _conjoined)
        return result

    def any(self, roots: Iterable[int]) -> int:
        """Return the disjunction of diagrams."""
        result = FALSE
        for root in roots:
            result = self.combine((result, root), _disjoined)
        return result

    def below(self, roots: Iterable[int]) -> list[int]:
        """Return all inner nodes of some diagrams, each after its children."""
        found: dict[int, None] = {}
        stack = [(root, False) for root in roots]
        while stack:
            root, done = stack.pop()
            if done:
                found[root] = None
            elif root >= self.LEAVES and root not in found:
                stack.append((root, True))
                stack.extend((child, False) for _, child in self.edges[root])
        return list(found)


def _negated(a: int) -> int:
    return 1 - a


def _conjoined(a: int, b: int) -> int:
    return a & b


def _disjoined(a: int, b: int) -> int:
    return a | b


class Evaluation:
    """The diagrams read against one record: masks of the bands that remain possible.

    `masks` has one mask a level, in the order of the variables.
    """

    def __init__(self, diagrams: Diagrams, masks: Sequence[int]) -> None:
        self.diagrams = diagrams
        self.masks = masks
        self._possible: dict[int, int] = {leaf: 1 << leaf for leaf in range(diagrams.LEAVES)}
        self._beside: tuple[int, Evaluation] | None = None
        self._differ: dict[tuple[int, int], bool] = {}

    def given(self, level: int, mask: int) -> Evaluation:
        """Return the evaluation with other bands of one variable; what lies below is shared."""
        masks = [*self.masks[:level], mask, *self.masks[level + 1 :]]
        other = Evaluation(self.diagrams, masks)
        other._beside = level, self
        return other

    def possible(self, root: int) -> int:
        """Return the set of answers that some completion gives, one bit a leaf."""
        found = self._possible.get(root)
        if found is None:
            level = self.diagrams.levels[root]
            if self._beside is not None and level > self._beside[0]:
                return self._beside[1].possible(root)
            mask = self.masks[level]
            found = 0
            for edge, child in self.diagrams.edges[root]:
                if mask & edge:
                    found |= self.possible(child)
            self._possible[root] = found
        return found

    def sensitive(self, root: int) -> list[str]:
        """Return the variables that alone can change the answer, in the order of the diagram."""
        diagrams, found = self.diagrams, set()
        seen, stack = {root}, [root]
        while stack:
            node = stack.pop()
            if node < diagrams.LEAVES:
                continue
            level = diagrams.levels[node]
            open_ = [child for edge, child in diagrams.edges[node] if self.masks[level] & edge]
            if level not in found and any(
                self._differs(a, b) for i, a in enumerate(open_) for b in open_[i + 1 :]
            ):
                found.add(level)
            for child in open_:
                if child not in seen:
                    seen.add(child)
                    stack.append(child)
        return [diagrams.order[level] for level in sorted(found)]

    def _differs(self, a: int, b: int) -> bool:
        """Return whether some completion gives two diagrams different answers."""
        if a == b:
            return False
        levels, leaves = self.diagrams.levels, self.diagrams.LEAVES
        if a < leaves or b < leaves:
            leaf, other = (a, b) if a < leaves else (b, a)
            return bool(self.possible(other) & ~(1 << leaf))
        key = (a, b) if a < b else (b, a)
        found = self._differ.get(key)
        if found is None:
            level = min(levels[a], levels[b])
            count = len(self.diagrams.children[a if levels[a] == level else b])
            mask = self.masks[level]
            found = any(
                self._differs(
                    self.diagrams.child(a, level, band), self.diagrams.child(b, level, band)
                )
                for band in range(count)
                if mask >> band & 1
            )
            self._differ[key] = found
        return found
