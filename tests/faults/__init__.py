"""What goes wrong under a running pipeline: machines that die, networks that break, services that are away."""
