"""Parts of the Latent space page."""
