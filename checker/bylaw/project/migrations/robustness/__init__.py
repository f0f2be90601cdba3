"""What fails on the way, stops half-way, or cannot be trusted tomorrow."""
