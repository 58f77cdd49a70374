"""The commands with commands of their own, `medte data …` and `medte results …`, and those that keep what they measured."""
