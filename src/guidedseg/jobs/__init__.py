"""``guidedseg segment``: many files of any kind, one after another."""
