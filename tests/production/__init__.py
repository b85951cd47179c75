"""CMHub in its production shape: an external PostgreSQL, Redis, several web processes.

These run by `make test-production`, which says where the servers are.
"""
