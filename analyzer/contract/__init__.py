"""What analyzer promises to programs: the keys of its JSON reports, schemas, writer, and trust in a saved report.

Every key is declared once, in a table: `report.py` has those of the report of an analysis. Schema, writer and the
check of a saved report are made from the tables, so they cannot disagree. Nothing below this floor knows a key, and
nothing above it writes one of its own.

The rule for `format`, the first key of every document:

- A new key does not change `format`. Programs that read a report should ignore keys that they do not know. `analyzer`
  itself refuses a saved report with one: it cannot tell a key of a later version from a change by hand.
- A key that goes, or whose meaning changes, raises `format`.
- CHANGELOG.md names every key that is added, goes or changes its meaning.
"""
