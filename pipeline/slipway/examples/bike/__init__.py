"""Bikes rented in an hour of a city: a line as a team's own package would declare it."""
