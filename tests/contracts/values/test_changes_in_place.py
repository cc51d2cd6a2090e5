"""A second name of an array that is changed in place is the mistake, not the arithmetic that a copy would mend."""

import pytest

from backmark.grader.model.slip import Slip, SlipKind
from tests.contracts.making import judge
from tests.contracts.values.making import find_revision
from tests.corpus import control_flow

LOSS = "        loss = -np.log(probs[range(num_train), y]).sum() / num_train\n"
#: By homework the change of a right program, and what is said of the line that is named.
IN_PLACE = [
    # The loss is computed of what the gradient has changed.
    (
        "cs231n-two-layer-net",
        (
            (LOSS, ""),
            (
                "        dscores = probs.copy()\n        dscores[range(num_train), y] -= 1\n",
                "        dscores = probs  #!\n        dscores[range(num_train), y] -= 1\n" + LOSS,
            ),
        ),
        Slip(SlipKind.IN_PLACE, "probs", "probs.copy()"),
    ),
    # Twice the mask would do as well: it is a copy.
    (
        "cs231n-two-layer-net",
        (
            (
                '        grads["W2"] = a1.T @ dscores\n',
                '        mask = a1  #!\n        mask[mask > 0] = 1\n        grads["W2"] = a1.T @ dscores\n',
            ),
            ("        dz1 = da1 * (z1 > 0)\n", "        dz1 = da1 * mask\n"),
        ),
        Slip(SlipKind.IN_PLACE, "a1", "a1.copy()"),
    ),
    # Below it is divided by the one row of the output.
    (
        "coursera-l-model-backward",
        (
            (
                "        dZ = relu_backward(dA, activation_cache)\n",
                "        dZ = dA  #!\n        dZ[activation_cache <= 0] = 0\n",
            ),
        ),
        Slip(SlipKind.IN_PLACE, "dA", "dA.copy()"),
    ),
    # The parameter is the second name.
    (
        "coursera-l-model-backward",
        (
            (
                "def linear_activation_backward",
                "def relu_back(dA, Z):\n    dA[Z <= 0] = 0  #!\n    return dA\n\n\ndef linear_activation_backward",
            ),
            ("relu_backward(dA, activation_cache)", "relu_back(dA, activation_cache)"),
        ),
        Slip(SlipKind.IN_PLACE, "dA", ""),
    ),
    (
        "udl-7.2",
        (
            ("all_dl_dbiases[layer] = all_dl_df[layer].copy()\n", "all_dl_dbiases[layer] = all_dl_df[layer]  #!\n"),
            ("        if layer > 0:\n", "        all_dl_df[layer] *= 0\n        if layer > 0:\n"),
        ),
        Slip(SlipKind.IN_PLACE, "all_dl_df[layer]", "all_dl_df[layer].copy()"),
    ),
]


@pytest.mark.parametrize(("entry", "changes", "slip"), IN_PLACE)
def test_a_second_name_is_the_mistake_where_only_a_copy_is_missing(
    entry: str, changes: tuple[tuple[str, str], ...], slip: Slip
) -> None:
    source = control_flow.RIGHT[entry]
    for right, wrong in changes:
        assert source.count(right) == 1
        source = source.replace(right, wrong)
    (statement,) = judge(find_revision(entry), source).repair
    lines = [number for number, text in enumerate(source.splitlines(), 1) if text.endswith("#!")]
    assert [line.line for line in statement.lines] == lines
    assert statement.slips == (slip,)
    assert len(statement.rows) == 1
