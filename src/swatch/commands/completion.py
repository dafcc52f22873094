"""`swatch completion`: a script for the shell, and the answers that it asks for."""

from __future__ import annotations

import re

import click

SHELLS = {
    "bash": r"""# Completion of swatch for bash. Load it with: eval "$(swatch completion bash)"
_swatch_completion() {
    local line=${COMP_LINE:0:COMP_POINT} IFS=$'\n' word
    COMPREPLY=($("${COMP_WORDS[0]}" completion --query "$line" 2>/dev/null))
    word=${line##*[[:space:]]}
    # Where bash breaks words at "=", it expects only what follows the last one.
    if [[ $COMP_WORDBREAKS == *=* && $word == *=* ]]; then
        COMPREPLY=("${COMPREPLY[@]#"${word%"${word##*=}"}"}")
    fi
    if [[ ${COMPREPLY[*]} == *[=./] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -o default -F _swatch_completion swatch
""",
    "zsh": r"""#compdef swatch
# Completion of swatch for zsh. Load it with: eval "$(swatch completion zsh)"
_swatch() {
    local -a found open closed
    found=("${(@f)$("$words[1]" completion --query "${(j: :)words[1,CURRENT-1]} $PREFIX" 2>/dev/null)}")
    found=(${found:#})
    if (( ! $#found )); then
        _files
        return
    fi
    open=(${(M)found:#*[=./]})
    closed=(${found:#*[=./]})
    (( $#open )) && compadd -S '' -a open
    (( $#closed )) && compadd -a closed
}
if (( $+functions[compdef] )); then
    compdef _swatch swatch
else
    autoload -Uz compinit && compinit && compdef _swatch swatch
fi
""",
    "fish": r"""# Completion of swatch for fish. Load it with: swatch completion fish | source
function __swatch_complete
    set -l found (swatch completion --query (commandline -cp | string collect) 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c swatch -f -a '(__swatch_complete)'
""",
}

FIRST_ARGUMENT_IS_A_FILE = ("sweep",)


@click.command()
@click.argument("shell", type=click.Choice(list(SHELLS)), required=False)
@click.option("--query", metavar="LINE", hidden=True, help="Answer the script: complete this command line.")
def command(shell: str | None, query: str | None) -> None:
    """Print the shell completion script.

    \b
    bash:  eval "$(swatch completion bash)"     in ~/.bashrc
    zsh:   eval "$(swatch completion zsh)"      in ~/.zshrc
    fish:  swatch completion fish | source      in ~/.config/fish/config.fish
    """
    if query is not None:
        for text in complete(query):
            click.echo(text)
    elif shell is not None:
        click.echo(SHELLS[shell], nl=False)
    else:
        raise click.UsageError(f"name your shell: {', '.join(SHELLS)}")


def complete(line: str) -> list[str]:
    """Return the completions of a command line's last word.

    Args:
        line: the command line up to the cursor, the program's name included.
    """
    words = line.split()
    word = "" if not line or line[-1].isspace() else words.pop()
    if len(words) < 2:
        return _commands(word)
    return _arguments(words[1], words[2:], word)


def _commands(word: str) -> list[str]:
    from swatch.cli import COMMANDS

    return [name for name in [*COMMANDS, "--help", "--version"] if name.startswith(word)]


def _arguments(name: str, words: list[str], word: str) -> list[str]:
    from swatch.cli import group

    context = click.Context(group)
    found: click.Command | None = group.get_command(context, name)
    if found is None:
        return []
    if isinstance(found, click.Group):
        if not words:
            return [sub for sub in found.list_commands(context) if sub.startswith(word)]
        found = found.get_command(context, words[0]) or found
    options = {opt: param for param in found.params if isinstance(param, click.Option) for opt in param.opts}
    before = options.get(words[-1]) if words else None
    if before is not None and isinstance(before.type, click.Choice):
        return [str(choice) for choice in before.type.choices if str(choice).startswith(word)]
    if word.startswith("-"):
        shown = [opt for opt, option in options.items() if not option.hidden]
        return sorted(opt for opt in {*shown, "--help"} if opt.startswith(word) and opt.startswith("--"))
    if before is not None and not before.is_flag:
        return []
    return _overrides(found, words, word) if name not in FIRST_ARGUMENT_IS_A_FILE or _has_file(words) else []


def _overrides(found: click.Command, words: list[str], word: str) -> list[str]:
    if not any("KEY=VALUE" in (p.metavar or "") or p.name == "overrides" for p in found.params):
        return [
            str(choice)
            for parameter in found.params
            if parameter.param_type_name == "argument" and isinstance(parameter.type, click.Choice)
            for choice in parameter.type.choices
            if str(choice).startswith(word)
        ]
    from swatch.compose.candidates import candidates

    return candidates([text for text in words if re.match(r"[^-=][^=]*=", text)], word)


def _has_file(words: list[str]) -> bool:
    return any(not word.startswith("-") and "=" not in word for word in words)
