"""The four maps of AEMLO: features and labels into one latent space, and back."""

import math

import torch
from torch import nn

from aemlo.samplers.aemlo.settings import Settings


class Gate(nn.Module):
    """u * sigmoid(W u + b), the attention of the label encoder."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weights = nn.Linear(width, width)

    def forward(self, u: torch.Tensor) -> torch.Tensor:
        return u * self.weights(u).sigmoid()


class Network(nn.Module):
    """F_ex, F_ey, F_dx, F_dy of the paper, for d features and q labels.

    `settings` has latent_size, width, label_width and decoder_layers; with the
    published 500, 200, 100 and 1 the maps are the paper's. Weights are drawn from
    `generator` as torch draws a Linear's.
    """

    def __init__(
        self, d: int, q: int, settings: Settings, generator: torch.Generator
    ) -> None:
        with torch.device("meta"):  # no draw from torch's global generator
            super().__init__()
            h, latent, depth = (
                settings.width,
                settings.latent_size,
                settings.decoder_layers,
            )
            self.encode_x = nn.Sequential(*_layers(d, h, h, latent), nn.LeakyReLU())
            self.encode_y = nn.Sequential(
                *_layers(q, h), nn.LeakyReLU(), Gate(h), *_layers(h, latent)
            )
            self.decode_x = nn.Sequential(*_layers(latent, *[h] * depth, d))
            self.decode_y = nn.Sequential(
                *_layers(latent, *[settings.label_width] * depth, q)
            )
        self.to_empty(device="cpu")
        for layer in self.modules():
            if isinstance(layer, nn.Linear):
                bound = 1 / math.sqrt(layer.in_features)
                with torch.no_grad():
                    layer.weight.uniform_(-bound, bound, generator=generator)
                    layer.bias.uniform_(-bound, bound, generator=generator)

    def forward(self, X: torch.Tensor, Y: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """E_x, E_y (B, l), X_hat (B, d) from E_x, scores (B, q) from E_y."""
        E_x = self.encode_x(X)  # (B, l)
        E_y = self.encode_y(Y)  # (B, l)
        return E_x, E_y, self.decode_x(E_x), self.decode_y(E_y)


def _layers(*sizes):
    layers = []
    for narrow, wide in zip(sizes, sizes[1:], strict=False):
        layers += [nn.Linear(narrow, wide), nn.LeakyReLU()]
    return layers[:-1]
