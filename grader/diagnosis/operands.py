"""A product in a student's line beside the one that the notebook's line has: the fewest changes between the two."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product as combinations

from grader.diagnosis.bug import Where
from grader.diagnosis.slip import Slip
from grader.diagnosis.statement import Factor, Kind, Product

Shape = tuple[int, ...]

#: More changes than these are another line.
_MOST = 2


@dataclass(frozen=True, slots=True)
class Slot:
    """A factor of the right product: a list, its index beside the layer's, and how it is taken."""

    name: str
    offset: int = 0
    flipped: bool = False
    masked: bool = False

    def text(self, by: int = 0) -> str:
        """The entry, `by` layers off, in the notebook's words."""
        return entry(self.name, self.offset + by)


@dataclass(frozen=True, slots=True)
class Form:
    """A right product; `where` is the line that it is in."""

    where: Where
    kind: Kind
    left: Slot
    right: Slot
    #: The line in full.
    formula: str


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a student's product has otherwise; `slot` is the right factor that it concerns."""

    what: str
    where: Where
    slot: Slot
    other: Slot
    #: How many layers an index is off, or the list that is taken instead.
    by: int = 0
    instead: str = ""


_DF, _DH = Slot("all_dl_df"), Slot("all_dl_dh")
WEIGHT = Form(
    Where.WEIGHT,
    Kind.MATRIX,
    _DF,
    Slot("all_h", flipped=True),
    "all_dl_dweights[layer] is all_dl_df[layer] @ all_h[layer].T",
)
ACTIVATION = Form(
    Where.ACTIVATION,
    Kind.MATRIX,
    Slot("all_weights", flipped=True),
    _DF,
    "all_dl_dh[layer] is all_weights[layer].T @ all_dl_df[layer]",
)
DERIVATIVE = Form(
    Where.DERIVATIVE,
    Kind.ENTRIES,
    Slot("all_f", -1, masked=True),
    _DH,
    "all_dl_df[layer-1] is all_dl_dh[layer] times the activation's derivative at all_f[layer-1], entry by entry",
)
#: The same mask, taken of the activations above it.
BY_ACTIVATION = Form(Where.DERIVATIVE, Kind.ENTRIES, Slot("all_h", masked=True), _DH, DERIVATIVE.formula)
FORMULAS = {form.where: form.formula for form in (WEIGHT, ACTIVATION, DERIVATIVE)}
#: Bugs that have a model of their own, by where they are, what is changed, and in which list.
_IDS = {
    (Where.WEIGHT, "flip", "all_h"): "weight_gradient_without_transpose",
    (Where.WEIGHT, "transposed", "all_dl_df"): "transposed_weight_gradient",
    (Where.WEIGHT, "kind", "all_dl_df"): "elementwise_weight_gradient",
    (Where.ACTIVATION, "flip", "all_weights"): "missing_transpose",
    (Where.ACTIVATION, "transposed", "all_weights"): "row_for_column",
    (Where.ACTIVATION, "kind", "all_weights"): "elementwise_weights",
    (Where.ACTIVATION, "index", "all_weights"): "other_layers_weights",
    (Where.DERIVATIVE, "kind", "all_f"): "derivative_as_matrix",
    (Where.DERIVATIVE, "kind", "all_h"): "derivative_as_matrix",
}
_GENERIC = {
    "flip": "wrong_transpose",
    "order": "operands_swapped",
    "kind": "wrong_product",
    "index": "wrong_index",
    "transposed": "product_transposed",
    "variable": "wrong_list",
}


def entry(name: str, offset: int) -> str:
    """An entry as the notebook writes it."""
    return f"{name}[layer{offset:+d}]" if offset else f"{name}[layer]"


def changes(
    product: Product, target: tuple[str, int | None] | None, sizes: Sequence[int], columns: int
) -> Iterator[tuple[Change, ...]]:
    """Each way to make a right product into this one, on a network of these sizes; empty if it is right."""
    for form in _forms(product, target):
        layers = range(len(sizes) - 1)
        if target is not None and target[1] is not None:
            at = target[1] % (len(sizes) - 1) + (target[0] == "all_dl_df")
            layers = range(at, min(at + 1, len(sizes) - 1))
        for layer in layers:
            for first, second in ((product.left, product.right), (product.right, product.left)):
                yield from _aligned(form, product.kind, (first, second), first is product.right, layer, sizes, columns)


def _forms(product: Product, target: tuple[str, int | None] | None) -> Sequence[Form]:
    """The right products that this one may be meant to be."""
    factors = (product.left, product.right)
    names = {factor.name for factor in factors}
    written = "" if target is None else target[0]
    if written == "all_dl_dweights":
        return (WEIGHT,)
    if written == "all_dl_dbiases":
        return ()
    masked = [factor for factor in factors if factor.masked]
    if masked:
        return (BY_ACTIVATION,) if masked[0].name == "all_h" else (DERIVATIVE,)
    if "all_weights" in names:
        return (ACTIVATION,)
    if written == "all_dl_dh":
        return (ACTIVATION,)
    if written == "all_dl_df":
        return (DERIVATIVE,)
    return (WEIGHT,) if "all_h" in names else (WEIGHT, ACTIVATION, DERIVATIVE)


def _aligned(
    form: Form,
    kind: Kind,
    factors: tuple[Factor, Factor],
    swapped: bool,  # noqa: FBT001 - of a private function
    layer: int,
    sizes: Sequence[int],
    columns: int,
) -> Iterator[tuple[Change, ...]]:
    """The changes for one layer and one order of the factors; nothing if a shape contradicts them."""
    slots = (form.left, form.right)
    ways = []
    found: list[Change] = []
    for factor, slot, other in zip(factors, slots, slots[::-1], strict=True):
        change = _taken(form, factor, slot, other, layer)
        if change is None:
            return
        found += change
        ways.append(_lying(factor, slot, layer, change, sizes, columns))
    for first, second in combinations(*ways):
        made = (*found, *_multiplied(form, kind, (first, second), swapped=swapped, columns=columns))
        if len(made) <= _MOST:
            yield tuple(sorted(made, key=repr))


def _taken(form: Form, factor: Factor, slot: Slot, other: Slot, layer: int) -> list[Change] | None:
    """Whether another entry or another list is taken; None if this cannot be meant for the slot."""
    if factor.whole or factor.masked > slot.masked:
        return None
    if factor.name is None:
        return []
    same = factor.name == slot.name or {factor.name, slot.name} <= {"all_dl_df", "all_dl_dbiases"}
    if factor.index is None:
        return [] if same else None
    by = factor.index - (layer + slot.offset)
    if same:
        return [] if by == 0 else [Change("index", form.where, slot, other, _shown(factor, layer, slot, by))]
    return [Change("variable", form.where, slot, other, factor.index - layer, factor.name)]


def _shown(factor: Factor, layer: int, slot: Slot, by: int) -> int:
    """How far an index is off: one that counts from the end is off by what is written."""
    return -1 if factor.wraps and layer + slot.offset == 0 else by


def _lying(
    factor: Factor, slot: Slot, layer: int, change: Sequence[Change], sizes: Sequence[int], columns: int
) -> list[bool]:
    """Whether the factor is transposed, as far as its shape says: each possibility, none if it has another shape."""
    if factor.shape is None:
        return [factor.flipped]
    name, index = (slot.name, layer + slot.offset) if factor.name is None else (factor.name, factor.index)
    if index is None:
        index = layer + slot.offset
    if change and factor.name is None:
        return []
    natural = shape_of(name, index, sizes, columns)
    upright = [factor.flipped] if factor.shape == natural else []
    on_its_side = [not factor.flipped] if natural is not None and factor.shape == natural[::-1] else []
    if factor.name is not None and upright:
        return upright
    return [*upright, *on_its_side]


def shape_of(name: str, index: int, sizes: Sequence[int], columns: int) -> Shape | None:
    """The shape that an entry of a list has in a network of these sizes."""
    if not 0 <= index < len(sizes) - 1:
        return None
    inputs, outputs = sizes[index], sizes[index + 1]
    match name:
        case "all_weights" | "all_dl_dweights":
            return outputs, inputs
        case "all_h" | "all_dl_dh":
            return inputs, columns
        case "all_biases" | "all_dl_dbiases":
            return outputs, 1
    return outputs, columns


def _multiplied(
    form: Form, kind: Kind, flipped: tuple[bool, bool], *, swapped: bool, columns: int
) -> tuple[Change, ...]:
    """What of the product itself is otherwise: its kind, its order, a transpose."""
    left, right = form.left, form.right
    where = form.where
    flips = tuple(
        Change("flip", where, slot, other)
        for slot, other, lies in ((left, right, flipped[0]), (right, left, flipped[1]))
        if lies != slot.flipped
    )
    if kind is Kind.OUTER:
        if form is not WEIGHT or columns > 1:
            return (Change("kind", where, left, right),)
        return (Change("transposed", where, left, right),) if swapped else ()
    if form.kind is Kind.ENTRIES:
        return flips if kind is Kind.ENTRIES else (Change("kind", where, left, right),)
    if kind is Kind.ENTRIES:
        # A column times a row is their outer product, too.
        return () if form is WEIGHT and not flips and columns == 1 else (Change("kind", where, left, right),)
    if not swapped:
        return flips
    if len(flips) == len((left, right)):
        return (Change("transposed", where, left, right),)
    return (Change("order", where, left, right), *flips)


def described(made: tuple[Change, ...]) -> Slip:
    """The changes in words."""
    titles, hints = zip(*(_said(change) for change in made), strict=True)
    first = made[0]
    where = first.where
    id_ = _IDS.get((where, first.what, first.slot.name)) if len(made) == 1 else None
    flips = {change.slot.name for change in made if change.what == "flip"}
    if where is Where.WEIGHT and len(made) == len(flips) > 1:
        id_ = "inner_product"
    if where is Where.WEIGHT and len(made) == 1 and (first.what, first.slot.name, first.by) == ("index", "all_h", -1):
        id_ = "previous_activation"
    if where is Where.DERIVATIVE and len(made) == 1 and first.what == "index":
        id_ = {("all_f", 1): "derivative_of_other_layer", ("all_h", -1): "derivative_at_other_activation"}.get(
            (first.slot.name, first.by)
        )
    strong = f"{' and '.join(titles)}; {FORMULAS[where]}."
    return Slip(
        id_ or "+".join(dict.fromkeys(_GENERIC[change.what] for change in made)),
        f"{' and '.join(titles)}, for {where.value.variable}",
        where,
        " ".join(dict.fromkeys(hints)),
        f"it {strong}",
    )


def _said(change: Change) -> tuple[str, str]:
    """The words after "it", and a question."""
    slot, other = change.slot, change.other
    right, pair = slot.text(), f"{slot.text()} and {other.text()}"
    match change.what:
        case "flip":
            does = "does not transpose" if slot.flipped else "transposes"
            return f"{does} {right}", f"Write the shapes of {pair} below them: do they fit as {right} is taken there?"
        case "order":
            return (
                f"multiplies {pair} in the other order",
                f"Write the shapes of {pair} below them: which of the two has to come first?",
            )
        case "kind":
            form = next(each for each in (WEIGHT, ACTIVATION, DERIVATIVE) if each.where is change.where)
            matrix = form.kind is Kind.MATRIX
            return (
                f"multiplies {pair} {'entry by entry' if matrix else 'as matrices'}"
                f" instead of {'as matrices' if matrix else 'entry by entry'}",
                f"Which product do {pair} need: one of matrices, or one that takes entry by entry?",
            )
        case "index":
            taken = slot.text(change.by)
            at_end = " In layer 0 such an index counts from the end of the list." if change.by < 0 else ""
            return f"takes {taken} instead of {right}", f"It takes {taken} there. Is that the right layer?{at_end}"
        case "variable":
            taken = entry(change.instead, change.by)
            return f"takes {taken} instead of {right}", f"It takes {taken} there. Is that the list that it needs?"
    return (
        f"makes the transpose of what it should be of {pair}",
        f"Which shape has the product of {pair} there, and which shape should it have?",
    )
