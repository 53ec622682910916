package native

var ldapActions = map[string]action{}
