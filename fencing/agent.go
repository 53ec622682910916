package fencing

import "github.com/tactus-ha/tactus/ocf"

// AgentOf reads from an agent's meta-data what fencing needs to know of it.
func AgentOf(m ocf.Metadata) Agent {
	a := Agent{Known: true}
	for _, x := range m.Actions {
		a.Actions = append(a.Actions, Action(x.Name))
		if x.Name == string(On) {
			a.Automatic, a.OnTarget = a.Automatic || x.Automatic, a.OnTarget || x.OnTarget
		}
	}
	return a
}
