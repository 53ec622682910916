package sim

// Break breaks something on purpose, to show that the checks notice. Only tests make one.
type Break struct{}
