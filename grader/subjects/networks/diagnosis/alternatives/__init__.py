"""The arrays that a line may have made in a layer instead of the notebook's, a file for each line."""
