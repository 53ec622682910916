# Bash completion for crm: the shell itself knows what may come next.
_crm() {
	local line=${COMP_LINE:0:COMP_POINT} last before i
	local -a words
	# COMP_WORDS is split at ':' and '=', which belong to our words: split at blanks instead.
	IFS=$' \t' read -ra words <<<"$line"
	[[ $line == *[[:blank:]] ]] && words+=("")
	mapfile -t COMPREPLY < <(crm --complete "${words[@]:1}" 2>/dev/null)
	# What stands before the last of these characters stays on the line as it is.
	last=${words[-1]}
	before=${last%"${last##*["$COMP_WORDBREAKS"]}"}
	for i in "${!COMPREPLY[@]}"; do
		COMPREPLY[i]=${COMPREPLY[i]#"$before"}
	done
	# After NAME= and CLASS: the word goes on.
	[[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[:=] ]] && compopt -o nospace 2>/dev/null
	return 0
}
complete -o nosort -F _crm crm
