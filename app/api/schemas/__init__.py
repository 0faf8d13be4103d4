"""One small pydantic model for each request and answer, under the same nouns as the views."""
