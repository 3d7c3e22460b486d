"""Manual pages and shell completion, drawn from the commands' own help, so that they cannot differ from it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from agent.cli.arguments import parser
from debian.release import Release


def pages(release: Release) -> dict[str, str]:
    """Every page by its name: dock-agent, and one for each command."""
    top = parser()
    made = {"dock-agent": _page(top, "dock-agent", top.description or "", release, _commands(top))}
    for name, command, short in _commands(top):
        made[f"dock-agent-{name}"] = _page(command, f"dock-agent-{name}", short, release, [])
    return made


def completion() -> str:
    """For bash: commands first, then the options of the command that was given."""
    top = parser()
    cases = "\n".join(f'    {name}) words="{" ".join(_options(command))}" ;;' for name, command, _ in _commands(top))
    names = " ".join(name for name, _, _ in _commands(top))
    return f"""\
# bash completion of dock-agent, drawn from its own help
_dock_agent() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} words
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "{names} --help --version" -- "$word"))
    return
  fi
  case ${{COMP_WORDS[COMP_CWORD-1]}} in --config) COMPREPLY=($(compgen -f -- "$word")); return ;; esac
  case ${{COMP_WORDS[1]}} in
{cases}
    *) words="" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}}
complete -F _dock_agent dock-agent
"""


def _commands(top: argparse.ArgumentParser) -> list[tuple[str, argparse.ArgumentParser, str]]:
    for action in top._actions:
        if isinstance(action, argparse._SubParsersAction):
            said = {choice.dest: choice.help or "" for choice in action._choices_actions}
            return [(name, command, said.get(name, "")) for name, command in action.choices.items()]
    return []


def _options(command: argparse.ArgumentParser) -> Iterator[str]:
    for action in command._actions:
        yield from (option for option in action.option_strings if option.startswith("--"))


def _page(
    command: argparse.ArgumentParser,
    name: str,
    short: str,
    release: Release,
    commands: list[tuple[str, argparse.ArgumentParser, str]],
) -> str:
    usage = command.format_usage().removeprefix("usage: ")
    lines = [
        f'.TH "{name.upper()}" 1 "{release.at:%Y-%m-%d}" "dock-agent {release.version}" "Dock agent"',
        ".SH NAME",
        f"{name} \\- {_roff(short.rstrip('.'))}",
        ".SH SYNOPSIS",
        ".nf",
        *map(_roff, usage.splitlines()),
        ".fi",
    ]
    if command.description:
        lines += [".SH DESCRIPTION", *_paragraphs(command.description)]
    if commands:
        lines.append(".SH COMMANDS")
        for each, _, said in commands:
            lines += [".TP", f".B {_roff(each)}", _roff(said)]
    lines += [".SH OPTIONS", *_option_lines(command)]
    if command.epilog:
        lines += [".SH NOTES", ".nf", *map(_roff, command.epilog.rstrip().splitlines()), ".fi"]
    if name != "dock-agent":
        lines += [".SH SEE ALSO", ".BR dock-agent (1)"]
    return "\n".join(lines) + "\n"


def _option_lines(command: argparse.ArgumentParser) -> Iterator[str]:
    formatter = command._get_formatter()
    for action in command._actions:
        if action.help == argparse.SUPPRESS or isinstance(action, argparse._SubParsersAction):
            continue
        words = ", ".join(action.option_strings) or str(action.metavar or action.dest)
        value = "" if action.nargs == 0 or not action.option_strings else f" {action.metavar or action.dest.upper()}"
        yield ".TP"
        yield f".B {_roff(words + value)}"
        yield _roff(formatter._expand_help(action) if action.help else "")


def _paragraphs(text: str) -> list[str]:
    return [_roff(line.strip()) if line.strip() else ".PP" for line in text.strip().splitlines()]


def _roff(text: str) -> str:
    safe = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{safe}" if safe.startswith((".", "'")) else safe
