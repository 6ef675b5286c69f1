# Runs in: server
"""The server's side: it puts layers on and forks; it holds no labs and no answers."""
