"""What a caller hands over, from the door to the log: uploads checked, staged, recorded, undone."""
