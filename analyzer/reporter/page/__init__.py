"""The review page: one file that shows a network, its costs, its memory and its mistakes."""
