"""The embedded stack: MLflow, Airflow and the router as supervised processes of one machine.

:mod:`airflow_api` and :mod:`health` are also asked by the plugins of a cluster's Airflow.
"""
