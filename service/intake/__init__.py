"""Intake: files and foreign formats read into events, faults by row."""
