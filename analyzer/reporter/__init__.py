"""The reporter: results as text, one folder for each kind of report, one module for each format.

The list `FORMATS` of a folder names its formats (`format.py`). Folders share what lies above them here, and import
nothing from one another.
"""
