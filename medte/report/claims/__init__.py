"""The page of the paper's claims: a verdict for each, made from results."""
