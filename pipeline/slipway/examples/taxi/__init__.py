"""What tip a taxi ride brings: a line as a team's own package would declare it."""
