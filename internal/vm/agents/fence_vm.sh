#!/bin/sh
# Fence agent: presses the reset button of a machine, or takes its power away. The power
# switch is the test; it is reached by a serial port of this machine, past all networks.
action=reboot
plug=
while IFS='=' read -r name value; do
	case "$name" in
	action | option) action=$value ;;
	plug | port) plug=$value ;;
	esac
done

# ask sends "ID REQUEST" and prints the answer to it: answers to an agent that was killed may still come.
ask() {
	exec 9>/run/fence_vm.lock
	flock 9
	exec 8<>/dev/tactus.switch
	printf '%s %s\n' "$$" "$*" >&8
	while read -r id answer <&8; do
		if [ "$id" = "$$" ]; then
			printf '%s\n' "$answer"
			return
		fi
	done
	echo "error: the power switch does not answer"
}

case "$action" in
metadata)
	cat <<'END'
<?xml version="1.0"?>
<resource-agent name="fence_vm" shortdesc="Power switch of the tests' virtual machines"><longdesc>Resets virtual machines.</longdesc>
<parameters><parameter name="action" unique="0" required="0"><content type="string" default="reboot"/></parameter>
<parameter name="plug" unique="0" required="0"><content type="string"/></parameter></parameters>
<actions><action name="on"/><action name="off"/><action name="reboot"/><action name="status"/><action name="list"/><action name="monitor"/><action name="metadata"/></actions>
</resource-agent>
END
	exit 0
	;;
monitor) answer=$(ask list) ;;
list)
	for name in $(ask list); do
		echo "$name,"
	done
	exit 0
	;;
*) answer=$(ask "$action" "$plug") ;;
esac
case "$answer" in
off) exit 2 ;;
error*)
	echo "$answer" >&2
	exit 1
	;;
esac
