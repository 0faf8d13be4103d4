"""HTTP plumbing shared by the API and web pages."""
