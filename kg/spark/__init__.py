"""Spark: the compiled plan on a cluster. Loaded only where it is asked for; needs the extra."""
