"""Items nobody bought yet and shoppers who have just come, recommended and measured."""
