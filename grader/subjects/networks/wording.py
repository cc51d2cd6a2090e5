"""The texts of the rows that are about networks."""

from collections.abc import Collection, Sequence

from grader.oracle.answers import Answer, Malformed, Raised, ReceivedForm
from grader.subjects.networks.evidence import ReturnedForm

RAISED_AT_HOME = "Not judged: it raised on every network of the notebook's own shape."

SILENT = (
    "Not judged: wherever the gradient of the activations and the derivative of the activation function would show,"
    " zero came back below the output layer."
)

DOUBTFUL = (
    "Not judged: on the networks where this step does not seem to hold, the gradients of the weights and of the biases"
    " disagree about the derivative that it starts from or leads to."
)

STEPS_HOLD = "Each step holds on every network where it could be judged, and yet some derivatives are wrong."

LEFT_OUT = "The gradients of layer 0 are zero on every network with a hidden layer that could be read."

LINES_HOLD = "By the diagnosis, no step of the chain rule is wrong, and yet some derivatives are."

ZEROS = "Not judged: where this step would show, only zeros came back."

NOT_ASKED = "No network of this assignment puts it to the test."

UNSEEN = "Not judged: this step was not seen in what could be read."

STOPPED = "Not judged: your code raised an exception, and this step was not seen in what could be read then."

REFUSED = (
    "Not judged: your code answered at first, but stopped when it was called again to read its lists. Does it stop"
    " after a number of calls, or does it need too much time?"
)

RAISES = "The line that raises an exception belongs to this step, judging by the arrays that it reads or writes."

EXPLAINED = "The diagnosis counts against this step."

UNPROPAGATED = (
    "On the networks that were asked about with other targets, the gradients below the output layer do not depend on"
    " the error at the output."
)

NOTHING_RETURNED = "It raised on every network, so nothing came back."

FORMS = {
    ReturnedForm.PLAIN: "an array has another shape",
    ReturnedForm.SWAPPED: "the two lists come in the other order",
    ReturnedForm.REVERSED: "the lists go from the output layer down to the first",
    ReturnedForm.WEIGHTS_REVERSED: "the weight gradients go from the output layer down to the first",
    ReturnedForm.BIASES_REVERSED: "the bias gradients go from the output layer down to the first",
    ReturnedForm.NAMED: "they come in a dictionary",
    ReturnedForm.PAIRS: "weights and biases come in pairs, layer by layer",
    ReturnedForm.MORE: "more than these two lists is returned",
    ReturnedForm.MISTAKEN: "all_dl_dh is returned in the place of another list",
    ReturnedForm.REPLACED: "another list is returned in the place of the weight gradients",
    ReturnedForm.TWICE: "one list is returned in both places",
    ReturnedForm.OTHER: "what is returned is not made of these two lists",
    ReturnedForm.NONE: "nothing is returned",
}

#: The properties of which SILENT and `product_tally` speak.
PROPAGATION = ("activation_gradient", "relu_derivative")


def _count_tests(wrong: int, of: int) -> str:
    """The number of networks on which something fails, of those that test it: the object follows."""
    return f"{wrong} of {of} network{' that tests' if of == 1 else 's that test'}"


def step_tally(wrong: int, of: int) -> str:
    """The number of networks on which a step does not hold, of those that put it to the test."""
    return f"Does not hold on {_count_tests(wrong, of)} it."


def output_tally(wrong: int, of: int) -> str:
    """The number of networks on which the bias gradients are wrong at the output, if they hold in every other layer."""
    return f"At the output layer it is not the derivative of the loss on {_count_tests(wrong, of)} it."


def weights_tally(wrong: int, of: int, *, by_biases: bool) -> str:
    """The number of networks on which dW is not that of the dl/df that db shows, or of no dl/df at all."""
    source = "the dl/df in all_dl_dbiases" if by_biases else "any dl/df"
    return f"all_dl_dweights does not follow from {source} on {_count_tests(wrong, of)} it."


def biases_tally(wrong: int, of: int) -> str:
    """The number of networks on which db is not the dl/df that dW shows."""
    return f"all_dl_dbiases does not follow from the dl/df in all_dl_dweights on {_count_tests(wrong, of)} it."


def alone_tally(message: str) -> str:
    """The message of a step that was judged by fresh processes, with the sentence that it was."""
    return f"{message} Each was asked about alone, in a fresh process."


def dependence(networks: int) -> str:
    """The reason why answers that depend on the calls before are not the same on every network."""
    return (
        "Its answers depend on more than its arguments. So the steps are judged by its answers to"
        f" {networks} network{'' if networks == 1 else 's'}, each asked about alone, in a fresh process."
    )


def spoilt_tally(name: str, wrong: int, of: int) -> str:
    """The number of networks on which one of dW and db is not that of the dl/df in the other one, which is wrong."""
    made, other = ("dweights", "dbiases") if name == "weight_gradient" else ("dbiases", "dweights")
    networks = f"{wrong} of {of} network{'' if of == 1 else 's'}"
    return f"all_dl_{made} does not follow from the dl/df in all_dl_{other}, which fails itself, on {networks}."


def sampled_tally(wrong: int, of: int, *, raised: bool) -> str:
    """The message for a step that only the lists show to fail, which were read on a sample of the networks."""
    evidence = "the lists that your code wrote" + (" and the line that raised" if raised else "")
    return f"By {evidence}, it does not hold on {wrong} of {of} sampled network{'' if of == 1 else 's'}."


def misshapen_tally(name: str, wrong: int, of: int) -> str:
    """The number of networks on which the gradients of a parameter were written in another shape than its own."""
    made, parameter = ("dweights", "weights") if name == "weight_gradient" else ("dbiases", "biases")
    networks = f"{wrong} of {of} sampled network{'' if of == 1 else 's'}"
    return f"all_dl_{made} has arrays in other shapes than all_{parameter} on {networks}."


def product_tally(wrong: int, of: int) -> str:
    """The number of networks on which two steps together do not hold, if it cannot be seen which of them does not."""
    return (
        f"The gradients of a layer do not follow from those of the layer above on {_count_tests(wrong, of)} this. That"
        " alone does not show which of the two steps between them is wrong, or whether something was done to the"
        " gradients afterwards."
    )


def one_of_two(title: str) -> str:
    """Why a step fails of which the shapes alone show that it or another one is wrong."""
    return f"The shapes show that either this step or another one ({title}) is wrong. The marks are lost here."


def together_with(title: str) -> str:
    """Why a step is spared of which only its product with another could be seen."""
    return (
        f"This step and another one ({title}) can only be judged together. What does not follow by them counts there."
    )


def strange_tally(answers: Sequence[Answer], of: int) -> str:
    """The numbers of networks on which it raised, returned arrays of another form, and numbers that are not finite."""
    raised = sum(isinstance(answer, Raised) for answer in answers)
    overflowed = sum(isinstance(answer, Malformed) and answer.overflowed for answer in answers)
    counts = {
        "raised an exception": raised,
        "returned another form or shape": len(answers) - raised - overflowed,
        "returned numbers that are not finite": overflowed,
    }
    parts = [f"{what} on {count}" for what, count in counts.items() if count]
    listed = " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
    return f"Of {of} networks it {listed}."


def elsewhere(networks: int) -> str:
    """The words after "Every derivative:" if they are right on the suite's networks of the notebook's own shape."""
    which = "on the network" if networks == 1 else f"on the {networks} networks"
    return f"right {which} drawn in the notebook's own shape, wrong on others."


def step_elsewhere(title: str, networks: int) -> str:
    """The sentence about a step that is not seen to fail on the suite's networks of the notebook's own shape."""
    which = "the network" if networks == 1 else f"the {networks} networks"
    return f"{title}: this step fails, but was not seen to fail on {which} drawn in the notebook's own shape."


def nothing_at_home(answer: Malformed | None) -> str:
    """The reason why no step holds on the notebook's own shape; `answer` if every answer there had a wrong form."""
    if answer is not None:
        return f"On every network of the notebook's own shape it {describe_fault(answer, 'returns')}."
    return "No step could be seen to hold on every network of the notebook's own shape."


def describe_fault(answer: Malformed, verb: str = "returned") -> str:
    """The kind of fault of what was returned, and the first array that has it."""
    if answer.overflowed:
        kind = "numbers that are not finite"
    elif answer.received is not None and answer.received.dtype is not None:
        kind = "arrays of another dtype"
    else:
        kind = "arrays of another form"
    return f"{verb} {kind}: {describe_malformed(answer)}"


def describe_malformed(answer: Malformed) -> str:
    """The form that should have come back, and the form that came."""
    if answer.overflowed and answer.at is not None:
        value = "NaN" if answer.nan else "an infinity"
        return f"{answer.where}[{answer.index}] holds {value} at [{answer.at[0]}, {answer.at[1]}]"
    received = answer.received or ReceivedForm()
    if received.dtype is not None and answer.index is not None:
        return f"{answer.where}[{answer.index}] should be an array of real numbers, and its dtype is {received.dtype}"
    came = _what(received)
    if answer.where == "return":
        return f"it should return two lists, all_dl_dweights and all_dl_dbiases, and returns {came}"
    if answer.index is None:
        return f"{answer.where} should be a list of K+1 = {answer.wanted} arrays, is {came}"
    return f"{answer.where}[{answer.index}] should be {answer.wanted}, is {came}"


def _what(form: ReceivedForm) -> str:
    """A shape, a dtype or a type, in the fewest words."""
    if form.shape is not None:
        return f"{form.type} of shape {form.shape}" if form.type else str(form.shape)
    if form.dtype is not None:
        return f"an array of {form.dtype}"
    if form.length is not None:
        return f"a {form.type} of {form.length}"
    return "None" if form.type == "NoneType" else f"a {form.type}"


def other_form(answer: Malformed, readable: Collection[ReturnedForm], unread: Collection[ReturnedForm]) -> str:
    """Why the form is not the one that was asked for; `readable` are the forms whose numbers could be read."""
    if ReturnedForm.REVERSED in unread:
        order = FORMS[ReturnedForm.REVERSED]
        return f"{order[:1].upper()}{order[1:]}, and arrays have other shapes: {describe_malformed(answer)}."
    message = describe_malformed(answer)
    if readable == {ReturnedForm.OTHER} and answer.where != "return":
        # It is made of the two lists, one of which has another length.
        return f"The numbers can be read, but {message}."
    if len(readable) == 1:
        return f"The numbers can be read, but {FORMS[next(iter(readable))]}: {message}."
    # A name of the student's code keeps its small letter.
    return f"{message[:1].upper()}{message[1:]}." if answer.where == "return" else f"{message}."


def unseen(*, asked: bool, tested: bool) -> str:
    """Why a step was not run: nothing came back that shows it, or only zeros, which are no evidence."""
    return ZEROS if asked and not tested else UNSEEN
