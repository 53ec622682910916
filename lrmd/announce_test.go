package lrmd

import (
	"slices"
	"testing"

	"github.com/tactus-ha/tactus/crm"
)

// TestAddresses: those that are active, with the parameters that they were started with.
func TestAddresses(t *testing.T) {
	s := newStage(t, Config{})
	s.started("db")
	for _, id := range []string{"vip2", "vip1", "gone"} {
		s.order(id+"_start_0", address, func(o *Order) { o.Params = map[string]string{"ip": "10.0.0.1", "of": id} })
		s.finish(id+"_start_0", crm.OK)
	}
	s.order("gone_stop_0", address)
	s.finish("gone_stop_0", crm.OK)
	s.order("elsewhere_monitor_0", address)
	s.finish("elsewhere_monitor_0", crm.NotRunning)
	var got []string
	for _, o := range s.e.Addresses() {
		got = append(got, string(o.Op.Resource)+" "+o.Agent.Type+" "+o.Params["of"])
	}
	if want := []string{"vip1 IPaddr2 vip1", "vip2 IPaddr2 vip2"}; !slices.Equal(got, want) {
		t.Errorf("addresses %q, want %q", got, want)
	}
}
