"""Two lines that are wrong together, written by someone else, are recognised both."""

import pytest

from tests.networks import NetworksJudge
from tests.subjects.networks.diagnosis.diagnosing import join_ids, list_ids
from tests.subjects.networks.diagnosis.slips import slips
from tests.subjects.networks.diagnosis.styles import written

PAIRS = (
    ("missing_factor", "no_derivative"),
    ("missing_factor", "zero_biases"),
    ("missing_factor", "previous_activation"),
    ("missing_factor", "through_weight_gradient"),
    ("missing_factor", "derivative_of_activation"),
    ("wrong_sign", "no_derivative"),
    ("wrong_sign", "derivative_of_other_layer"),
    ("wrong_sign", "transposed_weight_gradient"),
    ("wrong_sign_and_factor", "zero_weights"),
    ("wrong_sign_and_factor", "derivative_at_biases"),
    ("mean_over_outputs", "no_derivative"),
    ("mean_over_outputs", "preactivation"),
    ("double_factor", "derivative_of_gradient"),
    ("derivative_at_output", "bias_from_activation"),
    ("no_target", "activation_for_derivative"),
    ("loss_for_derivative", "weights_from_input"),
    ("zero_biases", "zero_weights"),
    ("zero_biases", "no_propagation"),
    ("zero_biases", "no_derivative"),
    ("zero_biases", "derivative_of_other_layer"),
    ("zero_weights", "no_propagation"),
    ("zero_weights", "no_derivative"),
    ("zero_weights", "bias_from_activation"),
    ("bias_from_activation", "no_weights"),
    ("bias_summed_over_units", "derivative_of_activation"),
    ("bias_times_bias", "preactivation"),
    ("bias_from_weight_gradient", "no_derivative"),
    ("previous_activation", "no_derivative"),
    ("previous_activation", "derivative_of_activation"),
    ("own_preactivation", "derivative_missing_at_first"),
    ("transposed_weight_gradient", "no_derivative"),
    ("preactivation", "derivative_of_gradient"),
    ("weights_from_input", "leaky_derivative"),
    ("weights_without_activation", "missing_transpose"),
    ("weights_times_weights", "factor_at_every_layer"),
    ("weights_derivative_twice", "derivative_not_carried_on"),
    ("weight_sign", "sign_for_derivative"),
    ("activation_sign", "no_derivative"),
    ("through_weight_gradient", "derivative_at_biases"),
    ("no_weights", "derivative_of_activation"),
    ("derivative_not_carried_on", "derivative_of_gradient"),
    ("other_layers_weights", "zero_biases"),
    ("missing_transpose", "missing_factor"),
    ("from_output_always", "bias_sign"),
)


@pytest.mark.parametrize("style", ["growing", "recursive"])
@pytest.mark.parametrize(("first", "second"), PAIRS, ids=["+".join(pair) for pair in PAIRS])
def test_a_pair_in_another_style_is_named_first(udl: NetworksJudge, first: str, second: str, style: str) -> None:
    """Both of its bugs, as one explanation."""
    texts = {slip.bug: slip for slip in slips(style)}
    ids = list_ids(written(texts[first], texts[second]), udl)
    assert ids[0] in join_ids(first, second)
