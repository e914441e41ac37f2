"""Great Expectations lives here and nowhere else."""
