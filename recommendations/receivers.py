"""What the plugin does when something happens in the host."""
