"""The one exact neighbour search: samplers, classifiers, quality and pictures use it.

`distances` says how far rows are apart and which distances count as equal, `search`
finds the nearest rows, `balls` says which rows lie in balls around others, `stretch`
gives the columns comparable units, and `votes` counts labels among neighbours.
"""
