"""Many variants of one network: which there are, what each costs, which fit, and which are on the front."""
