"""What ends a demo before its time."""


class StoryFailed(Exception):
    """The story could not go on; the message names the step."""


class AudienceLeft(Exception):
    """Nobody reads our output any more (`dock-sim demo | head`)."""
