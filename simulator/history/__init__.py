"""Kansas City, planted: eight months of a department in a central, and what truly happened beside what it says."""
