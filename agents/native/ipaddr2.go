package native

// ipaddr2Actions serve IPaddr2.
var ipaddr2Actions = map[string]action{}
