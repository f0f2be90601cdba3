"""Configuration: files and presets to Settings."""
