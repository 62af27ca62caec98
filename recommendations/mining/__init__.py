"""Pure counting and rule algorithms on arrays. No Django, no settings, no clock but that of a budget."""
