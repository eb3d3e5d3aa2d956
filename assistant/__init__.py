"""Who is texted, and how their replies are answered."""
