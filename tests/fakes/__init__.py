"""Stand-ins for the world outside: a Twilio that can be told to misbehave."""
