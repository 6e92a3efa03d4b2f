"""The deep MLP's network, losses and training loop; the home of its torch."""

import copy

import torch
from scipy import sparse
from torch import nn
from torch.nn import functional


def focal_loss(logits, labels, gamma, alpha=None, weights=None):
    """Mean of -w alpha_t (1 - p_t)^gamma log p_t over all cells (Lin et al., eq. 5).

    `logits`, `labels` and `weights` (or None) are (batch, q). gamma 0 without alpha is
    the (weighted) binary cross-entropy.
    """
    side = 2.0 * labels - 1.0
    loss = -functional.logsigmoid(side * logits)  # (batch, q)
    if gamma:
        loss = torch.sigmoid(-side * logits) ** gamma * loss
    if alpha is not None:
        loss = loss * torch.where(labels > 0.5, alpha, 1.0 - alpha)
    return (loss if weights is None else loss * weights).mean()


class Network(nn.Module):
    """Linear layers with ReLU and dropout between, one logit per label."""

    def __init__(self, sizes, dropout, generator):
        super().__init__()
        self.dropout, self.generator = dropout, generator
        self.layers = nn.ModuleList(
            nn.Linear(a, b) for a, b in zip(sizes, sizes[1:], strict=False)
        )
        for layer in self.layers:  # He et al., 2015; from our generator, not torch's
            nn.init.kaiming_uniform_(
                layer.weight, nonlinearity="relu", generator=generator
            )
            nn.init.zeros_(layer.bias)

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = torch.relu(layer(x))  # (batch, hidden)
            if self.training and self.dropout:
                kept = torch.rand(x.shape, generator=self.generator) >= self.dropout
                x = x * kept / (1.0 - self.dropout)
        return self.layers[-1](x)  # (batch, q)


def train(X, Y, standards, held_out, settings, cell_weights, seed, on_progress):
    """Weights [(W, b), ...] as NumPy arrays of the epoch with the best held-out loss.

    X (n, d) and Y (n, q); `standards` are what is taken off the features and what they
    are then divided by, (d,) each; `held_out` (n,) marks the rows that decide when to
    end; `cell_weights` (2, q) weighs cells of value 0 and 1.
    `on_progress(fraction, epoch=, loss=, held_out_loss=)` is called each epoch and may
    raise.
    """
    generator = torch.Generator().manual_seed(seed)
    sizes = (X.shape[1], *settings["hidden"], Y.shape[1])
    network = Network(sizes, settings["dropout"], generator)
    optimiser = torch.optim.AdamW(
        network.parameters(),
        lr=settings["learning_rate"],
        weight_decay=settings["decay"],
    )
    weights = torch.as_tensor(cell_weights, dtype=torch.float32)
    inside = torch.as_tensor((~held_out).nonzero()[0])
    outside = held_out.nonzero()[0] if held_out.any() else (~held_out).nonzero()[0]

    def loss_of(rows):
        x, y = _rows(X, rows, *standards), torch.as_tensor(Y[rows], dtype=torch.float32)
        return focal_loss(
            network(x),
            y,
            settings["gamma"],
            settings["alpha"],
            torch.where(y > 0.5, weights[1], weights[0]),
        )

    def held_out_loss():
        network.eval()
        with torch.no_grad():
            parts = [
                float(loss_of(outside[i : i + 4096])) * len(outside[i : i + 4096])
                for i in range(0, len(outside), 4096)
            ]
        network.train()
        return sum(parts) / len(outside)

    best, best_epoch, kept = float("inf"), 0, None
    for epoch in range(1, settings["epochs"] + 1):
        total = 0.0
        order = inside[torch.randperm(len(inside), generator=generator)]
        for rows in order.split(settings["batch"]):
            optimiser.zero_grad()
            loss = loss_of(rows.numpy())
            loss.backward()
            optimiser.step()
            total += float(loss.detach()) * len(rows)
        judged = held_out_loss()
        on_progress(
            epoch / settings["epochs"],
            epoch=epoch,
            loss=total / len(inside),
            held_out_loss=judged,
        )
        if judged < best:
            best, best_epoch = judged, epoch
            kept = copy.deepcopy(network.state_dict())
        elif epoch - best_epoch >= settings["patience"]:
            break
    network.load_state_dict(kept)
    return [
        (layer.weight.detach().numpy().copy(), layer.bias.detach().numpy().copy())
        for layer in network.layers
    ]


def _rows(X, rows, centre, spread):
    block = X[rows]
    block = block.toarray() if sparse.issparse(block) else block
    return torch.as_tensor((block - centre) / spread, dtype=torch.float32)
