"""The one process that acts on the clock. Nothing imports it."""
