"""What the API answers with: the shapes of the OpenAPI document. Hot reads give the same by rows of the database."""
