"""A second fold, slow and plain, written from the briefs' text: what pictures are held against."""
