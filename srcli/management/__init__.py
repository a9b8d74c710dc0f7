"""What is managed without PyTorch: models, and the menus of file managers."""
