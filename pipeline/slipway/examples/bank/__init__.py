"""Which client subscribes a term deposit when the bank calls: a line as a team's own package would declare it."""
