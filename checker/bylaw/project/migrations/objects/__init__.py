"""Views, functions, types, sequences and the like: their stories, and what a deployment does to them."""
