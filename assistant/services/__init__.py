"""One transaction's work each. Every service takes the caller's session and never commits."""
