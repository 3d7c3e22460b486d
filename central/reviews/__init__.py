"""Random reviews of videos: drawn by a seed, recorded, said, contested. See README.md."""
