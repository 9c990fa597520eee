"""Exchange with other tools: the data as they read it, and their masks as scores beside ours."""
