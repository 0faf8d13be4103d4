"""What looks at a list as a whole: which item stands at which place."""
