"""The bundled lines and the public data they are tried on; found like a team's own, imported by no room below."""
