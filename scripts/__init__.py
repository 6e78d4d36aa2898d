"""What takes a bare machine to a running demo and a green test run; standard library alone."""
