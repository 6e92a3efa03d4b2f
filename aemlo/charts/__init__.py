"""Charts: a frame in, a Plotly figure out; one file a family, one theme for all."""
