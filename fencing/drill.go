package fencing

import (
	"fmt"
	"slices"
)

// DrillAgent is the fence agent for drills that comes along. It switches nothing off.
const DrillAgent = "fence_drill"

// pretends tells devices that say "done" and switch nothing: ours for drills when it is
// told to, and those of the field that are for developers.
func (d Device) pretends() bool {
	switch d.Agent {
	case DrillAgent:
		return d.Params["result"] == "pretend"
	case "fence_dummy", "null":
		return true
	}
	return false
}

// powerless reports whether the device never succeeds.
func (d Device) powerless() bool { return d.Agent == DrillAgent && !d.pretends() }

// Drills says of each device that is for drills what that means: a sentence to warn with.
func (e *Equipment) Drills() []string {
	var out []string
	for _, d := range e.Devices {
		switch {
		case d.pretends():
			out = append(out, fmt.Sprintf("fence device %s (stonith:%s) switches nothing off and says that it did: what a lost node runs is started a second time while it runs on; remove it before data depends on this cluster", d.ID, d.Agent))
		case d.powerless():
			out = append(out, fmt.Sprintf("fence device %s (stonith:%s) is for drills: it switches nothing off, and fails whatever it is asked", d.ID, d.Agent))
		}
	}
	return out
}

// protecting is the equipment without the devices that never succeed, and the first
// device that only pretends to, if there is one.
func (e *Equipment) protecting() (real *Equipment, pretender *Device) {
	real = &Equipment{}
	*real = *e
	real.Devices = slices.DeleteFunc(slices.Clone(e.Devices), Device.powerless)
	for i := range real.Devices {
		if real.Devices[i].pretends() {
			return real, &real.Devices[i]
		}
	}
	return real, nil
}
