"""Which piece of fashion a visitor clicks: a line as a team's own package would declare it."""
