"""The only room that knows MLflow: the registry shows the ledger and takes the reviewer's word.

Here is what the pipeline and the router use; :mod:`slipway.registry.server` runs in MLflow's server.
"""
