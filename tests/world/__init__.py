"""A world of hosts on loopback that publish, edit, withdraw and fail, and what is true of them.

`python -m tests.world --hosts 300 --days 30 --seed 1` lets Communiqué watch it and compares.
"""
