"""Whatever a stranger may send, or be: the real server, over a real connection, answers each and goes on answering."""
