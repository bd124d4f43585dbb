#!/bin/sh
# candor-hook: prepare-commit-msg
#
# Adds the declaration trailer `AI-Assisted: ...` to a new commit, from the environment variable CANDOR_DECLARE or the setting
# candor.declare, and only ever what a person or a tool said there. Asks nothing and stops no commit of its own accord.
# Installed and removed by `candor instrument`; the hook that was here before runs first.

if [ -x "$0.candor-chained" ]; then
    "$0.candor-chained" "$@" || exit $?
fi

file=$1
from=$2
folder=${file%/*}
[ "$folder" != "$file" ] || folder=.
[ -f "$file" ] || exit 0

# What exists already is not new work: a merge, a squash, and what is replayed keep what they say.
case $from in merge | squash) exit 0 ;; esac
for state in MERGE_HEAD CHERRY_PICK_HEAD REVERT_HEAD rebase-merge rebase-apply sequencer; do
    [ ! -e "$folder/$state" ] || exit 0
done

say() { printf 'candor: %s; this commit gets no declaration\n' "$1" >&2; }

newline='
'
tab='	'
own=${CANDOR_DECLARE+set}
value=${CANDOR_DECLARE-}
[ -z "$own" ] || [ -n "$value" ] || exit 0
# A commit that is amended or copied is spoken for by who asks now, not by a standing setting.
[ -n "$own" ] || [ "$from" != commit ] || exit 0

scope=environment
comment='#'
settings=''
# Without an editor (git says so by this one) no line is a comment, and a declared value needs no setting.
[ "$own" = set ] && [ "$GIT_EDITOR" = : ] ||
    settings=$(git config --show-scope --get-regexp '^(candor\.declare|core\.comment(char|string))$' 2>/dev/null)
rest=$settings$newline
while [ -n "$rest" ]; do
    line=${rest%%"$newline"*}
    rest=${rest#*"$newline"}
    setting=${line#*"$tab"}
    case $setting in
    'candor.declare '*)
        if [ -z "$own" ]; then
            value=${setting#* }
            scope=${line%%"$tab"*}
        fi
        ;;
    'core.commentchar '* | 'core.commentstring '*) comment=${setting#* } ;;
    esac
done
[ -n "$value" ] || exit 0
[ "$GIT_EDITOR" != : ] || comment=$(printf '\001')

# From here on letters are bytes, and patterns mean the same everywhere.
LC_ALL=C

# The value is only ever compared and printed, never run: and only harmless letters get that far.
[ "${#value}" -le 200 ] || { say 'the declared value is longer than 200 bytes'; exit 0; }
case $value in
*[!A-Za-z0-9\ ._/+@:,\;=-]*) say 'the declared value holds letters other than A-Z a-z 0-9 . _ / + @ : , ; = - and blanks'; exit 0 ;;
esac
trim() {
    trimmed=${1#"${1%%[! ]*}"}
    trimmed=${trimmed%"${trimmed##*[! ]}"}
}
trim "$value"
case $trimmed in [Aa][Ii]-[Aa][Ss][Ss][Ii][Ss][Tt][Ee][Dd]:*) trim "${trimmed#*:}" ;; esac
rest=$trimmed\;
trim "${rest%%;*}"
head=$trimmed
rest=${rest#*;}
mode='' model='' by=''
while [ -n "$rest" ]; do
    trim "${rest%%;*}"
    part=$trimmed
    rest=${rest#*;}
    trim "${part%%=*}"
    key=$trimmed
    trim "${part#*=}"
    case $part in
    *=*) ;;
    *) say "\`$part\` is no \`key=value\`"; exit 0 ;;
    esac
    case $key in
    mode) mode=$trimmed ;;
    model) model=$trimmed ;;
    declared-by) by=$trimmed ;;
    *) say "\`$key\` is none of mode, model, declared-by"; exit 0 ;;
    esac
done

case $head in
[Nn][Oo][Nn][Ee])
    [ -z "$mode$model" ] || { say '`none` goes with no mode and no model'; exit 0; }
    case ${by:-person} in
    person) by=person ;;
    tool)
        by=tool
        # A tool that sees today's edits does not know those of the commit that is amended.
        [ "$from" != commit ] || exit 0
        ;;
    *) say '`declared-by` is none of person, tool'; exit 0 ;;
    esac
    case $scope in
    global | system) say '`none` as a setting for all repositories would be a default that nobody looked at: set it in the repository'; exit 0 ;;
    esac
    trailer="none; declared-by=$by"
    ;;
*)
    [ -z "$by" ] || { say '`declared-by` goes with `none` alone'; exit 0; }
    case ${mode:-unknown} in
    unknown | completion | chat | interactive | autonomous | review) mode=${mode:-unknown} ;;
    chat_apply) mode=chat ;;
    interactive_agent) mode=interactive ;;
    autonomous_agent) mode=autonomous ;;
    review_suggestion) mode=review ;;
    *) say "the mode \`$mode\` is none of completion, chat, interactive, autonomous, review, unknown"; exit 0 ;;
    esac
    tools=''
    rest=$head,
    while [ -n "$rest" ]; do
        trim "${rest%%,*}"
        rest=${rest#*,}
        case $trimmed in
        '' | *[=:]*) say 'the declared value names no tool'; exit 0 ;;
        [Nn][Oo][Nn][Ee] | [Nn][Oo] | [Nn]/[Aa] | [Yy][Ee][Ss] | [Tt][Rr][Uu][Ee] | [Ff][Aa][Ll][Ss][Ee] | [Oo][Nn] | [Oo][Ff][Ff] | [Hh][Uu][Mm][Aa][Nn] | [Aa][Ii] | [01])
            say "\`$trimmed\` is no name of a tool; write \`none\` alone, or the tools that took part"
            exit 0
            ;;
        esac
        tools=${tools:+$tools, }$trimmed
    done
    trailer="$tools; mode=$mode"
    [ -z "$model" ] || trailer="$trailer; model=$model"
    ;;
esac
trailer="AI-Assisted: $trailer"

# Somebody declared already.
! grep -qi '^ai-assisted[ 	]*:' "$file" || exit 0

# With `auto` git takes a letter that begins no line of the message; the scissors or the last line show which.
if [ "$comment" = auto ]; then
    comment=$(sed -n '/^. -* >8 -*$/{s/^\(.\).*/\1/p;q;}' "$file")
    [ -n "$comment" ] || comment=$(tail -n 1 "$file")
    case $comment in
    [\#\;@!$%^\&\|:]*) comment=${comment%"${comment#?}"} ;;
    *) comment='#' ;;
    esac
fi

empty=yes
while IFS= read -r line || [ -n "$line" ]; do
    trim "$line"
    case $line in
    "$comment"*) ;;
    *) [ -z "$trimmed" ] || empty=no ;;
    esac
    [ "$empty" = yes ] || break
    case $line in "$comment ------------------------ >8"*) break ;; esac
done <"$file"

if [ "$empty" = yes ]; then
    # Without an editor nobody fills it in: git refuses it, as it should.
    [ "$GIT_EDITOR" != : ] || exit 0
    { printf '\n\n%s\n' "$trailer" && cat "$file"; } >"$file.candor" && mv -f "$file.candor" "$file"
else
    git -c "core.commentChar=$comment" interpret-trailers --in-place --no-divider \
        --where end --if-exists doNothing --if-missing add --trailer "$trailer" "$file"
fi || { rm -f "$file.candor"; say 'the message could not be written'; exit 0; }
# The template as it goes into the editor: the hook commit-msg sees by it whether anybody wrote anything.
[ "$from" != template ] || [ "$GIT_EDITOR" = : ] || cp "$file" "$file.candor-template" 2>/dev/null
exit 0
