import { ProblemError } from '../../problems/problem.ts';
import { command } from '../command.ts';

const bash = String.raw`# Completion of roadie for bash. In ~/.bashrc:  source <(roadie completion bash)
_roadie() {
  COMPREPLY=()
  local words
  mapfile -t words < <("\${COMP_WORDS[0]}" __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  if [[ \${words[0]-} == :path ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}")
    return
  fi
  COMPREPLY=("\${words[@]%%$'\t'*}")
}
complete -F _roadie roadie
`;

const zsh = String.raw`#compdef roadie
# Completion of roadie for zsh. In ~/.zshrc, after compinit:  source <(roadie completion zsh)
_roadie() {
  local -a lines candidates
  local line
  lines=("\${(@f)$("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ $lines[1] == :path ]]; then
    _files
    return
  fi
  for line in $lines; do
    candidates+=("\${\${line%%$'\t'*}//:/\\:}:\${line#*$'\t'}")
  done
  (( $#candidates )) && _describe -t words roadie candidates
}
if [[ $funcstack[1] == _roadie ]]; then _roadie "$@"; else compdef _roadie roadie; fi
`;

const fish = String.raw`# Completion of roadie for fish. In a file:  roadie completion fish > ~/.config/fish/completions/roadie.fish
function __roadie_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program $words[1]
    set -e words[1]
    set -l found ($program __complete -- $words "$current" 2>/dev/null)
    if test "$found[1]" = :path
        __fish_complete_path "$current"
    else if set -q found[1]
        printf '%s\n' $found
    end
end
complete -c roadie -f -a '(__roadie_complete)'
`;

// In a raw template the shells' own ${…} has to be written \${…}.
const scripts: Readonly<Record<string, string>> = { bash: unescape(bash), zsh: unescape(zsh), fish: unescape(fish) };

/** `completion`: the script that makes a shell complete Roadie's command line. */
export const completion = command({
  name: 'completion',
  group: 'This machine',
  about: 'Print the completion script for bash, zsh or fish',
  details: 'Completes commands, options, and the names of sites and services.',
  arguments: { shell: { about: 'bash, zsh or fish', presence: 'required', completes: ['bash', 'zsh', 'fish'] } },
  options: {},
  examples: [
    { command: 'source <(roadie completion bash)', about: 'in ~/.bashrc' },
    { command: 'source <(roadie completion zsh)', about: 'in ~/.zshrc, after compinit' },
    { command: 'roadie completion fish > ~/.config/fish/completions/roadie.fish', about: 'for fish' },
  ],
  run: async (context, { arguments: { shell } }) => {
    const script = scripts[shell];
    if (script === undefined)
      throw new ProblemError({
        code: 'bad-arguments',
        summary: `There is no completion for '${shell}'`,
        cure: ['Choose bash, zsh or fish.', '$ roadie completion bash'],
      });
    context.emit({ shell, script });
    context.say(script);
    return 0;
  },
});

function unescape(script: string): string {
  return script.replaceAll('\\${', '${');
}
