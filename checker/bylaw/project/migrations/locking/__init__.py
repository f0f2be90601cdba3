"""What waits while a deployment works: locks, rewrites, scans and copies."""
