"""What is said, and when. Pure: imports nothing of ours and does no I/O but reading its own files."""
