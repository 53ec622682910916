#!/bin/sh
# OCF agent: a service that says twenty times a second, to the whole network, that it runs here.
case "$1" in
meta-data)
	cat <<'END'
<?xml version="1.0"?>
<resource-agent name="beat" version="1.0"><version>1.0</version>
<longdesc lang="en">Sends a datagram to everybody, twenty times a second.</longdesc><shortdesc lang="en">A service whose every beat can be seen</shortdesc>
<parameters/>
<actions><action name="start" timeout="20s"/><action name="stop" timeout="20s"/><action name="monitor" timeout="20s" interval="10s"/><action name="meta-data" timeout="5s"/></actions>
</resource-agent>
END
	;;
start | stop | monitor) exec /init beat "$1" ;;
*) exit 3 ;;
esac
