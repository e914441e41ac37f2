"""The only room that knows MLflow: the registry shows the ledger and takes the reviewer's word."""
