"""Networks: the only package that imports torch, and only the training process imports it."""
