"""The demo on one machine: two logins, the sandbox and the dashboard as child processes."""
