"""How a step asks an engine about each of its rows: the settings, the questions, and what they take."""
