#!/bin/sh
# Fence agent: asks the machine itself, over the network, to reset by sysrq, as ssh-based
# agents do. It counts as done when the machine said yes and is silent then.
action=reboot
plug=
while IFS='=' read -r name value; do
	case "$name" in
	action | option) action=$value ;;
	plug | port) plug=$value ;;
	esac
done

case "$action" in
metadata)
	cat <<'END'
<?xml version="1.0"?>
<resource-agent name="fence_sysrq" shortdesc="Reset by the machine itself"><longdesc>Asks a machine to reset itself by sysrq.</longdesc>
<parameters><parameter name="action" unique="0" required="0"><content type="string" default="reboot"/></parameter>
<parameter name="plug" unique="0" required="1"><content type="string"/></parameter></parameters>
<actions><action name="reboot"/><action name="status"/><action name="monitor"/><action name="metadata"/></actions>
</resource-agent>
END
	;;
monitor) exit 0 ;;
status) ping -c 1 -W 2 "$plug" >/dev/null || exit 2 ;;
reboot | off)
	said=$(timeout 5 nc "$plug" 7978 </dev/null)
	if [ "$said" != resetting ]; then
		echo "$plug does not take the order to reset" >&2
		exit 1
	fi
	while ping -c 1 -W 1 "$plug" >/dev/null; do
		sleep 0.1
	done
	;;
*)
	echo "unknown action $action" >&2
	exit 1
	;;
esac
