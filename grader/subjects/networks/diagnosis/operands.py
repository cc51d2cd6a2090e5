"""A product in a student's line beside the one that the notebook's line has: the fewest changes between the two."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product as combinations

from grader.subjects.networks.diagnosis.bug import Where
from grader.subjects.networks.diagnosis.slip import Slip
from grader.subjects.networks.statement import GIVEN, LISTS, Factor, Product, ProductKind

Shape = tuple[int, ...]

#: More changes than these are another line; an index further off has another reason.
_MOST, _FURTHEST = 2, 2


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

    @property
    def taken(self) -> str:
        """The factor that is made of it."""
        return f"the activation's derivative at {self.text()}" if self.masked else self.text()


@dataclass(frozen=True, slots=True)
class ProductForm:
    """A right product; `where` is the line that it is in."""

    where: Where
    kind: ProductKind
    left: Slot
    right: Slot
    #: The line in full.
    formula: str


@dataclass(frozen=True, slots=True)
class OperandChange:
    """One thing that a student's product has otherwise; `slot` is the right factor that it concerns."""

    what: str
    where: Where
    slot: Slot
    opposite: Slot
    #: How many layers an index is off.
    by: int = 0
    #: The list that is taken instead, or the kind of product.
    instead: str = ""
    #: True if the index may be the same in every layer, so that it cannot be written beside the layer's.
    fixed: bool = False


_DF, _DH = Slot("all_dl_df"), Slot("all_dl_dh")
WEIGHT = ProductForm(
    Where.WEIGHT,
    ProductKind.MATRIX,
    _DF,
    Slot("all_h", flipped=True),
    "all_dl_dweights[layer] is all_dl_df[layer] @ all_h[layer].T",
)
ACTIVATION = ProductForm(
    Where.ACTIVATION,
    ProductKind.MATRIX,
    Slot("all_weights", flipped=True),
    _DF,
    "all_dl_dh[layer] is all_weights[layer].T @ all_dl_df[layer]",
)
DERIVATIVE = ProductForm(
    Where.DERIVATIVE,
    ProductKind.ENTRIES,
    Slot("all_f", -1, masked=True),
    _DH,
    "all_dl_df[layer-1] is all_dl_dh[layer] times the activation's derivative at all_f[layer-1], entry by entry",
)
#: The same mask, taken of the activations above it.
BY_ACTIVATION = ProductForm(Where.DERIVATIVE, ProductKind.ENTRIES, Slot("all_h", masked=True), _DH, DERIVATIVE.formula)
FORMULAS = {form.where: form.formula for form in (WEIGHT, ACTIVATION, DERIVATIVE)}


@dataclass(frozen=True, slots=True)
class ListLine:
    """The line that writes the entries of a list."""

    where: Where
    #: The argument whose entries have the same shapes.
    alike: str
    #: The list that it reads, and how many layers higher that entry is.
    source: str
    above: int = 0


LIST_LINES = {
    "all_dl_dbiases": ListLine(Where.BIAS, "all_biases", "all_dl_df"),
    "all_dl_dweights": ListLine(Where.WEIGHT, "all_weights", "all_dl_df"),
    "all_dl_dh": ListLine(Where.ACTIVATION, "all_h", "all_dl_df"),
    "all_dl_df": ListLine(Where.DERIVATIVE, "all_f", "all_dl_dh", 1),
}
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
#: The slip of two arrays of which either may be the wrong one.
LAYERS_DIFFER = "layers_differ"
_GENERIC = {
    "flip": "wrong_transpose",
    "order": "operands_swapped",
    "kind": "wrong_product",
    "index": "wrong_index",
    "transposed": "product_transposed",
    "layers": LAYERS_DIFFER,
    "variable": "wrong_list",
}


def entry(name: str, offset: int) -> str:
    """An entry as the notebook writes it."""
    return f"{name}[layer{offset:+d}]" if offset else f"{name}[layer]"


@dataclass(frozen=True, slots=True)
class LayerSpot:
    """A layer of a network of these sizes."""

    layer: int
    sizes: Sequence[int]
    columns: int


def changes(
    product: Product, target: tuple[str, int | None] | None, sizes: Sequence[int], columns: int
) -> Iterator[tuple[OperandChange, ...]]:
    """Each way to make a right product into this one, on a network of these sizes; empty if it is right."""
    layers = range(len(sizes) - 1)
    named = target is not None and target[1] is not None
    if target is not None and target[1] is not None:
        at = target[1] % (len(sizes) - 1) + (target[0] == "all_dl_df")
        layers = range(at, min(at + 1, len(sizes) - 1))
    for form in _forms(product, target):
        for layer in layers:
            for swapped in (False, True):
                yield from _align(form, product, LayerSpot(layer, sizes, columns), swapped=swapped, named=named)


#: The right products of each list's line.
_OF_LIST = {
    "all_dl_dweights": (WEIGHT,),
    "all_dl_dbiases": (),
    "all_dl_dh": (ACTIVATION,),
    "all_dl_df": (DERIVATIVE,),
}


def _forms(product: Product, target: tuple[str, int | None] | None) -> Sequence[ProductForm]:
    """The right products that this one may be meant to be."""
    factors = (product.left, product.right)
    names = {factor.name for factor in factors}
    written = "" if target is None else target[0]
    masked = [factor for factor in factors if factor.masked]
    unnamed = not names.intersection(LISTS) and not any(factor.made for factor in factors)
    if product.kind is ProductKind.ENTRIES and unnamed and not written:
        # Two arrays of the student's own in a line that writes a variable: any line may have such a product.
        return ()
    # What is multiplied says more than dl/dh and dl/df, either of which may hold the product of both lines.
    if written in {"all_dl_dweights", "all_dl_dbiases"}:
        return _OF_LIST[written]
    if masked:
        return (BY_ACTIVATION if masked[0].name == "all_h" else DERIVATIVE,)
    if "all_weights" in names:
        return (ACTIVATION,)
    every = (WEIGHT,) if "all_h" in names else (WEIGHT, ACTIVATION, DERIVATIVE)
    return _OF_LIST.get(written, every)


def _align(
    form: ProductForm, product: Product, spot: LayerSpot, *, swapped: bool, named: bool
) -> Iterator[tuple[OperandChange, ...]]:
    """The changes for one layer and one order of the factors; nothing if a shape contradicts them."""
    factors = (product.right, product.left) if swapped else (product.left, product.right)
    slots = (form.left, form.right)
    ways = []
    changes: list[OperandChange] = []
    for factor, slot, partner in zip(factors, slots, factors[::-1], strict=True):
        opposite = slots[1] if slot is slots[0] else slots[0]
        change = _compare_entry(form, factor, slot, opposite, spot.layer)
        if change is None or not _is_known(factor, slot, partner):
            return
        if change and change[0].what == "variable" and partner.name is None:
            return
        if change and change[0].what == "index" and not named and partner.name is None:
            # It may as well be the other that is of another layer.
            change = [OperandChange("layers", form.where, slot, opposite)]
        changes += change
        ways.append(_lying(factor, slot, spot))
    for first, second in combinations(*ways):
        made = (*changes, *_compare_product(form, product.kind, (first, second), swapped=swapped, columns=spot.columns))
        if len(made) <= (1 if any(change.what in {"variable", "layers"} for change in made) else _MOST):
            yield tuple(sorted(made, key=repr))


def _is_known(factor: Factor, slot: Slot, partner: Factor) -> bool:
    """True if enough is known of a factor to take it for this one."""
    if factor.made:
        # The product of all_dl_dh in the line of all_dl_df, or a function's dl/df beside an array that is given.
        return slot == _DH or (slot == _DF and partner.name in GIVEN)
    return not factor.unknown


def _compare_entry(
    form: ProductForm, factor: Factor, slot: Slot, opposite: Slot, layer: int
) -> list[OperandChange] | None:
    """The changes if another entry or another list is taken; None if the factor cannot be meant for the slot."""
    if factor.whole or factor.masked > slot.masked:
        return None
    if factor.name is None:
        return []
    same = factor.name == slot.name or {factor.name, slot.name} <= {"all_dl_df", "all_dl_dbiases"}
    if factor.index is None:
        return [] if same else None
    by = factor.index - (layer + slot.offset)
    if same and by and factor.wraps and layer + slot.offset == 0:
        # It counts from the end, and is off by what is written.
        by = -1
    shown = by if same else by + slot.offset
    if abs(shown) > _FURTHEST:
        return None
    if not same:
        return [OperandChange("variable", form.where, slot, opposite, shown, factor.name, factor.fixed)]
    return [OperandChange("index", form.where, slot, opposite, by, fixed=factor.fixed)] if by else []


def _lying(factor: Factor, slot: Slot, spot: LayerSpot) -> list[bool]:
    """The transposes that the factor's shape allows: each possibility, none if it has another shape."""
    if factor.shape is None:
        return [factor.flipped]
    name = slot.name if factor.name is None else factor.name
    index = spot.layer + slot.offset if factor.name is None or factor.index is None else factor.index
    natural = shape_of(name, index, spot.sizes, spot.columns)
    upright = [factor.flipped] if factor.shape == natural else []
    if upright or factor.name is None:
        # What came on its side in a variable was turned by another line.
        return upright
    return [not factor.flipped] if natural is not None and factor.shape == natural[::-1] else []


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


def misshapen(product: Product, sizes: Sequence[int], columns: int) -> bool:
    """True if a factor came with a shape that no array of its kind has here: an earlier line made it so."""
    for factor in (product.left, product.right):
        if factor.shape is None or factor.name in GIVEN:
            continue
        if factor.name is not None and factor.index is not None:
            possible = {shape_of(factor.name, factor.index, sizes, columns)}
        else:
            possible = {
                shape_of(name, k, sizes, columns)
                for name in ("all_weights", "all_f", "all_h")
                for k in range(len(sizes))
            }
        if factor.shape not in possible and factor.shape[::-1] not in possible:
            return True
    return False


def _compare_product(
    form: ProductForm, kind: ProductKind, flipped: tuple[bool, bool], *, swapped: bool, columns: int
) -> tuple[OperandChange, ...]:
    """The changes of the product itself: its kind, its order, a transpose."""
    left, right = form.left, form.right
    where = form.where
    flips = tuple(
        OperandChange("flip", where, slot, opposite)
        for slot, opposite, lies in ((left, right, flipped[0]), (right, left, flipped[1]))
        if lies != slot.flipped
    )
    other_kind = (OperandChange("kind", where, left, right, instead=kind.value),)
    transposed = (OperandChange("transposed", where, left, right),)
    if kind is ProductKind.OUTER and form is WEIGHT and columns == 1:
        return transposed if swapped else ()
    if kind is ProductKind.ENTRIES and form is WEIGHT and columns == 1 and not flips:
        # A column times a row is their outer product, too.
        return ()
    if kind is not form.kind:
        return other_kind
    if kind is ProductKind.ENTRIES or not swapped:
        return flips
    return transposed if len(flips) == len((left, right)) else (OperandChange("order", where, left, right), *flips)


def describe(made: tuple[OperandChange, ...]) -> Slip:
    """The changes in words."""
    titles, hints = zip(*(_put_in_words(change) for change in made), strict=True)
    first = made[0]
    where = first.where
    id_ = _IDS.get((where, first.what, first.slot.name)) if len(made) == 1 else None
    if first.instead == ProductKind.OUTER.value:
        id_ = None
    flips = {change.slot.name for change in made if change.what == "flip"}
    if where is Where.WEIGHT and len(made) == len(flips) > 1:
        id_ = "inner_product"
    relative = len(made) == 1 and not first.fixed
    if where is Where.WEIGHT and relative and (first.what, first.slot.name, first.by) == ("index", "all_h", -1):
        id_ = "previous_activation"
    if where is Where.DERIVATIVE and relative and first.what == "index":
        id_ = {("all_f", 1): "derivative_of_other_layer", ("all_h", -1): "derivative_at_other_activation"}.get(
            (first.slot.name, first.by)
        )
    strong = f"{' and '.join(titles)}; {FORMULAS[where]}."
    return Slip(
        id_ or "+".join(dict.fromkeys(_GENERIC[change.what] for change in made)),
        f"{' and '.join(titles)} where it computes {where.value.variable}",
        where,
        " ".join(dict.fromkeys(hints)),
        f"it {strong}",
    )


def _put_in_words(change: OperandChange) -> tuple[str, str]:
    """The words after "it", and a question."""
    slot, opposite = change.slot, change.opposite
    right, pair = slot.text(), f"{slot.taken} and {opposite.taken}"
    taken = entry(change.instead, change.by) if change.what == "variable" else slot.text(change.by)
    if change.fixed:
        taken = f"an entry of {change.instead or slot.name}{' of another layer' * (change.what == 'index')}"
    # The line of all_dl_df is not reached in layer 0.
    wraps = change.by < 0 and not change.fixed and change.where is not Where.DERIVATIVE
    end = " If the line runs in layer 0, too, such an index counts from the end of the list there." if wraps else ""
    beside = "the activation's derivative" if slot.masked else f"an entry of {slot.name}"
    words = {
        "flip": (
            f"{'does not transpose' if slot.flipped else 'transposes'} {right}",
            f"Write down the shapes of {pair}. Can they be multiplied in this order, with {right} as it is used there?",
        ),
        "order": (
            f"multiplies {pair} in the wrong order",
            f"Write down the shapes of {pair}. Which of the two has to come first?",
        ),
        "kind": (
            f"multiplies {pair} {change.instead}",
            f"Which product do {pair} need: one of matrices, or an entry-by-entry one?",
        ),
        "index": (f"takes {taken}", f"It uses {taken} there. Is that the right layer?{end}"),
        "layers": (
            # A mask may be an index, which multiplies nothing.
            f"applies {beside} to an array that it does not fit"
            if slot.masked
            else f"multiplies {beside} by an array that does not fit it",
            f"It has an entry of {slot.name} and another array. What are their shapes, and which should they be?",
        ),
        "variable": (f"takes {taken}", f"It uses {taken} there. Is that the list that it needs?"),
        "transposed": (
            f"computes the product of {pair} transposed",
            f"What shape does the product of {pair} have there, and what shape should it have?",
        ),
    }
    return words[change.what]
