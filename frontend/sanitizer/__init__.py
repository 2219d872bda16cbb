"""The effect sanitizer: runs a program in order, watches what each call does, and compares it with its effect."""
