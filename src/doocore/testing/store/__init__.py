"""What a store must do, claim by claim, grouped by noun."""
