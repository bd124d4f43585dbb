#!/bin/sh
# candor-hook: commit-msg
#
# Takes the declaration trailer out again where nobody wrote a message, so that git refuses the empty message as it always does:
# leaving the editor without a word is how people cancel a commit. Changes nothing else.
# Installed and removed by `candor instrument`; the hook that was here before runs first.

if [ -x "$0.candor-chained" ]; then
    "$0.candor-chained" "$@" || exit $?
fi

file=$1
[ -f "$file" ] || exit 0

untouched=no
if [ -f "$file.candor-template" ]; then
    ! cmp -s "$file" "$file.candor-template" || untouched=yes
    rm -f "$file.candor-template"
fi

if [ "$untouched" = no ]; then
    declared=no
    comment=''
    while IFS= read -r line || [ -n "$line" ]; do
        case $line in
        '' | 'Signed-off-by: '*) continue ;;
        'AI-Assisted: '*)
            declared=yes
            continue
            ;;
        esac
        [ "$declared" = yes ] || exit 0
        if [ -z "$comment" ]; then
            comment=$(git config --get-regexp '^core\.comment(char|string)$' 2>/dev/null | tail -n 1)
            comment=${comment#* }
            comment=${comment:-#}
        fi
        case $comment in
        auto) case $line in [\#\;@!$%^\&\|:]*) ;; *) exit 0 ;; esac ;;
        *) case $line in "$comment"*) ;; *) exit 0 ;; esac ;;
        esac
        case $line in *' ------------------------ >8 ------------------------') break ;; esac
    done <"$file"
    [ "$declared" = yes ] || exit 0
fi

sed '/^AI-Assisted: /d' "$file" >"$file.candor" && mv -f "$file.candor" "$file"
exit 0
