"""The router: sticky arms, ranked answers, exposures in the log first."""
