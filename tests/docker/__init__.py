"""The services in docker for real: bases, image, start, collecting, stopping, starting again."""
