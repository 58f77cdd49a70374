"""The page of the differences from the paper, point by point, with what each changes as far as it is measured."""
