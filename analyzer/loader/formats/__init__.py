"""Networks in the formats of others: each has a reader that writes the network's layers on a `Sheet`."""
