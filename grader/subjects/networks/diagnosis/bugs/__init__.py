"""The library of bug models, a file for each line of the chain rule: data, in the notebook's own words."""
