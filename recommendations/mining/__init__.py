"""Pure counting and rule algorithms on arrays. No Django, no settings, no clock."""
