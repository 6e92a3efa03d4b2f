"""Settings of AEMLO to start from."""

PUBLISHED_BUDGET = 0.1  # p of the paper

# With "as published", AEMLO is AEMLO-paper.
PRESETS = {
    "default": {},
    "quick look": {"epochs": 20},
    "as published": {
        "budget": PUBLISHED_BUDGET,
        "target": None,
        "labels": None,
        "epochs": 200,
        "learning_rate": 1e-4,
        "latent_size": 500,
        "width": 200,
        "seeds": "turns",
        "rare_share": 0.0,
        "neighbours": 0,
        "pair_share": 1.0,
        "residuals": False,
        "label_rule": "threshold",
        "labels_per_parent": 1.0,
        "parents_weight": 0.0,
        "threshold": 0.5,
        "rare_features": 1.0,
        "clip": False,
        "output_activation": "none",
        "batch_size": 128,
        "schedule": "constant",
        "label_width": 100,
        "decoder_layers": 1,
        "alignment_weight": 1.0,
        "orthogonality": 0.1,
        "ranking_weight": 1.0,
        "reconstruction_weight": 1.0,
        "feature_error": "absolute",
        "distance_weight": 1.0,
        "calibration_weight": 0.0,
        "held_out": 0.0,
        "patience": None,
    },
}
