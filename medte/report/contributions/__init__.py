"""Results that others contributed: a file of numbers, checked field by field, and what it says of the published ones."""
