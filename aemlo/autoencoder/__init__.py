"""AEMLO's network: losses, training, the trained model. Loads torch when used.

Names are found on first use, so that importing this package, or its `settings`, costs
nothing: pages and the registry read settings without torch.
"""

from importlib import import_module

_HOMES = {
    "Network": "network",
    "Settings": "settings",
    "Training": "training",
    "TrainedModel": "model",
    "latent_loss": "losses",
    "load_checkpoint": "training",
    "memory_needed": "settings",
    "ranking_loss": "losses",
    "reconstruction_loss": "losses",
    "save_checkpoint": "training",
    "train": "training",
}

__all__ = list(_HOMES)  # noqa: PLE0604


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
