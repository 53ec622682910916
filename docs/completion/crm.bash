# Bash completion for crm: the shell itself knows what may come next.
_crm() {
	local IFS=$'\n'
	# shellcheck disable=SC2207 # one candidate a line
	COMPREPLY=($(crm --complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o nosort -F _crm crm
