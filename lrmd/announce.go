package lrmd

// Addresses tells the addresses that are active here, by the orders that would stop
// them: with the parameters they were started with.
func (e *Executor) Addresses() (list []Order) {
	for _, r := range e.sorted() {
		if !r.forgotten && isAddress(r.agent) && r.isActive() {
			list = append(list, r.stopOrder())
		}
	}
	return list
}
