"""The alert worker: a process beside the web server that brings rosters in and judges, again and again."""
