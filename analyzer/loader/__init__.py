"""The loader: a model file to a description, and a description to a placed network.

`text` makes a tree of the file, `parse` a description of the tree, `expand` a network of the description; `expressions`
evaluates texts with a `$` in them, `schema` describes the language to editors.
"""
