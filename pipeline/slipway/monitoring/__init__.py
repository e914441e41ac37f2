"""After promotion: may hold or return, never promote."""
