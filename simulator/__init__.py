"""A world to try the product in: cards with playable footage, and every port of the agent in memory.

Nothing that ships imports this room.
"""
