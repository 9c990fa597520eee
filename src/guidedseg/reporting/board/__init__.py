"""The leaderboard: many runs side by side."""
