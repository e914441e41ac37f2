"""What runs inside the MLflow server: the guard, who may do what, the review, the audit log."""
