/** A function of the script and what else of the prelude it uses. */
interface Piece {
  lines: string
  uses?: readonly PreludeName[]
}

export type PreludeName = keyof typeof PIECES

/** The functions that are named and those that they use, in their order: what is not used is left out. `stop` is the script's own. */
export function prelude(names: Iterable<PreludeName>): string[] {
  const wanted = new Set<PreludeName>()
  const open: PreludeName[] = [...names]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (wanted.has(name)) continue
    wanted.add(name)
    open.push(...((PIECES[name] as Piece).uses ?? []))
  }
  const order = Object.keys(PIECES) as PreludeName[]
  return order.filter((name) => wanted.has(name)).flatMap((name) => [...PIECES[name].lines.trim().split('\n'), ''])
}

const PIECES = {
  note: {
    lines: `
note() { printf '%s  %s\\n' "$(date -u +%H:%M:%SZ)" "$*" >&2; }`,
  },
  run: {
    uses: ['note'],
    lines: `
# Shows a command and carries it out.
run() {
  note "+ $*"
  [ -n "$dry_run" ] || "$@"
}`,
  },
  ask: {
    uses: ['note'],
    lines: `
# A person says yes or no. Without an answer the script ends.
ask() {
  while :; do
    printf '%s [yes/no] ' "$1" >&2
    IFS= read -r answer || stop "Nobody answered: $1"
    case $answer in
      y | Y | yes | o | oui) note "yes: $1" && return 0 ;;
      n | N | no | non) note "no: $1" && return 1 ;;
      *) printf 'Write yes or no.\\n' >&2 ;;
    esac
  done
}`,
  },
  decide: {
    uses: ['note'],
    lines: `
# After a failure: 0 tries again, 1 leaves the step.
decide() {
  choices='again, done (by hand) or stop'
  [ "$1" = no ] || choices='again, done (by hand), skip or stop'
  while :; do
    printf 'That failed. %s? ' "$choices" >&2
    IFS= read -r answer || stop "Failed, and nobody answered: $2"
    case $answer in
      again) return 0 ;;
      done) note "done by hand: $2" && return 1 ;;
      stop) stop "Stopped at: $2" ;;
      skip) [ "$1" = no ] || { note "skipped: $2" && return 1; } ;;
    esac
  done
}`,
  },
  step: {
    uses: ['decide', 'note'],
    lines: `
# step <may be skipped: yes or no> <title> <function>: until it succeeds, or a person decides otherwise.
step() {
  note "== $2"
  until "$3"; do
    decide "$1" "$2" || return 0
  done
}`,
  },
  choose: {
    uses: ['note'],
    lines: `
# choose <wanted> <workload> <kubectl get … with the number and the workload as first columns>: sets revision to a number; what no number can be made of, a
# person finds in the list.
choose() {
  wanted=$1
  owner=$2
  shift 2
  revision=$wanted
  case $revision in *[!0-9]* | '') ;; *) return 0 ;; esac
  listed=$("$@") || return 1
  listed=$(printf '%s\\n' "$listed" | awk -v owner="$owner" 'NR == 1 || $2 == owner' | sort -n)
  printf '%s\\n' "$listed" >&2
  if [ "$wanted" = previous ]; then
    revision=$(printf '%s\\n' "$listed" | awk '$1 ~ /^[0-9]+$/ { print $1 }' | sort -rn | sed -n 2p)
    [ -z "$revision" ] || { note "revision $revision of $owner" && return 0; }
  fi
  while :; do
    printf 'Revision of %s to go back to (the runbook says %s): ' "$owner" "$wanted" >&2
    IFS= read -r revision || stop "Nobody named the revision of $owner."
    case $revision in *[!0-9]* | '') ;; *) note "revision $revision of $owner" && return 0 ;; esac
  done
}`,
  },
  http: {
    uses: ['note'],
    lines: `
# http <url> <statuses that pass> <text that must be in it> <most seconds> <less than so many seconds, or nothing>
http() {
  [ -z "$dry_run" ] || { note "+ curl $1" && return 0; }
  answer=$(curl -sS --max-time "$4" -w '\\n%{http_code} %{time_starttransfer}' "$1") || return 1
  last=$(printf '%s\\n' "$answer" | tail -n 1)
  status=\${last%% *}
  note "$status $1"
  case " $2 " in *" $status "*) ;; *) return 1 ;; esac
  case $answer in *"$3"*) ;; *) return 1 ;; esac
  [ -z "$5" ] || awk -v took="\${last#* }" -v least="$5" 'BEGIN { exit !(took < least) }'
}`,
  },
  holds: {
    uses: ['note'],
    lines: `
# holds <function> <seconds between looks> <at most so many seconds> <passes in a row>
holds() {
  passes=0
  end=$(($(date +%s) + $3))
  while :; do
    if "$1"; then passes=$((passes + 1)); else passes=0; fi
    note "passed $passes of $4"
    [ "$passes" -lt "$4" ] || return 0
    [ "$(date +%s)" -lt "$end" ] || return 1
    [ -n "$dry_run" ] || sleep "$2"
  done
}`,
  },
  pinned: {
    uses: ['ask'],
    lines: `
# pinned <address that is meant> <kubectl …>: whether kubectl leads there.
pinned() {
  meant=$1
  shift
  found=$("$@" config view --minify -o 'jsonpath={.clusters[0].cluster.server}') || stop 'kubectl has no such context.'
  [ "$found" = "$meant" ] || ask "kubectl leads to $found, the runbook means $meant. Go on all the same?" || stop 'Wrong cluster.'
}`,
  },
} as const satisfies Record<string, { lines: string; uses?: readonly string[] }>
