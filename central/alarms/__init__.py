"""What IT is told: which conditions are open, who has heard of them, when they were over."""
