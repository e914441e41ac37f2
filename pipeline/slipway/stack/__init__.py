"""The embedded stack: MLflow, Airflow and the router as supervised processes of one machine."""
