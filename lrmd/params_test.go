package lrmd

import (
	"testing"

	"github.com/tactus-ha/tactus/crm"
)

// TestStopUsesWhatWasStarted: a resource that was changed, or removed from the
// configuration, is stopped with the parameters it was started with.
func TestStopUsesWhatWasStarted(t *testing.T) {
	s := newStage(t, Config{})
	s.order("vip_start_0", func(o *Order) {
		o.Params = map[string]string{"ip": "10.0.0.1", "CRM_meta_timeout": "20000"}
	})
	s.finish("vip_start_0", 0)
	var effects []Effect
	for name, given := range map[string]map[string]string{
		"changed": {"ip": "10.0.0.2", "nic": "eth1", "CRM_meta_timeout": "30000"},
		"removed": {"CRM_meta_timeout": "30000"},
	} {
		s.order("vip_monitor_0") // the queue's head is running: the stop waits behind it
		_, more, err := s.e.Submit(s.now, Order{Stamp: s.e.Stamp(), Op: mustKey(t, "vip_stop_0"), Agent: Agent{"ocf", "test", "Dummy"}, Params: given})
		if err != nil || len(more) != 0 {
			t.Fatalf("Submit = %v, %v", more, err)
		}
		effects = s.e.Finished(s.now, s.runs["vip_monitor_0"], Outcome{})
		var got map[string]string
		for _, e := range effects {
			if e.Run != nil {
				got = e.Run.Order.Params
				s.runs[e.Run.Order.Op.String()] = e.Run.ID
			}
		}
		if len(got) != 2 || got["ip"] != "10.0.0.1" || got["CRM_meta_timeout"] != "30000" {
			t.Errorf("%s: stop runs with %v, want the start's ip and its own timeout", name, got)
		}
		s.finish("vip_stop_0", 0)
	}
}

// TestStopAfterARestartUsesWhatWasStarted: what an executor reads back is not believed once
// something is found out anew, but a stop still needs the parameters of the start; also when
// the executor is restarted a second time, and nothing but the first stop's failure is left.
func TestStopAfterARestartUsesWhatWasStarted(t *testing.T) {
	s := newStage(t, Config{})
	s.order("vip_start_0", func(o *Order) { o.Params = map[string]string{"ip": "10.0.0.1"} })
	s.finish("vip_start_0", 0)
	for _, probed := range []bool{false, true} {
		m := s.e.Remember()
		s = newStage(t, Config{})
		s.e.Restore(s.now, m)
		if probed {
			s.order("vip_monitor_0", func(o *Order) { o.Params = map[string]string{"ip": "10.0.0.9"} })
			s.finish("vip_monitor_0", 0)
		}
		_, effects, err := s.e.Submit(s.now, Order{Stamp: s.e.Stamp(), Op: mustKey(t, "vip_stop_0"), Agent: Agent{"ocf", "test", "Dummy"}})
		if err != nil || len(effects) != 1 || effects[0].Run == nil {
			t.Fatalf("Submit = %v, %v; want one run", effects, err)
		}
		if got := effects[0].Run.Order.Params["ip"]; got != "10.0.0.1" {
			t.Errorf("probed after the restart %v: the stop works on %q, want 10.0.0.1", probed, got)
		}
		s.e.Finished(s.now, effects[0].Run.ID, Outcome{RC: crm.GenericError})
	}
}

// TestStopBehindAStartUsesItsParameters: a resource that was changed is being started when its
// node has to stop it: what the start brings up is stopped, not what there was before.
func TestStopBehindAStartUsesItsParameters(t *testing.T) {
	for _, kind := range []string{"ordered", "at the end of the lease"} {
		s := newStage(t, Config{})
		s.order("vip_start_0", func(o *Order) { o.Params = map[string]string{"ip": "10.0.0.1"} })
		s.finish("vip_start_0", 0)
		s.order("vip_stop_0")
		s.finish("vip_stop_0", 0)
		s.order("vip_start_0", func(o *Order) { o.Params = map[string]string{"ip": "10.0.0.2"} })
		if kind == "ordered" {
			s.order("vip_stop_0")
		} else {
			s.lapse()
		}
		got := ""
		for _, e := range s.e.Finished(s.now, s.runs["vip_start_0"], Outcome{}) {
			if e.Run != nil && e.Run.Order.Op.Name == "stop" {
				got = e.Run.Order.Params["ip"]
			}
		}
		if got != "10.0.0.2" {
			t.Errorf("%s: the stop works on %q, want 10.0.0.2", kind, got)
		}
	}
}

// TestStopAfterTwoRestartsUsesWhatWasStarted: an executor that was restarted is at a probe of
// what it read back when it is killed again. Nothing but the probe is noted of the resource.
func TestStopAfterTwoRestartsUsesWhatWasStarted(t *testing.T) {
	s := newStage(t, Config{})
	s.order("vip_start_0", func(o *Order) { o.Params = map[string]string{"ip": "10.0.0.1"} })
	s.finish("vip_start_0", 0)
	for range 2 {
		m := s.e.Remember()
		s = newStage(t, Config{})
		s.e.Restore(s.now, m)
		s.order("vip_monitor_0", func(o *Order) { o.Params = map[string]string{"ip": "10.0.0.9"} })
	}
	s.finish("vip_monitor_0", 0)
	_, effects, err := s.e.Submit(s.now, Order{Stamp: s.e.Stamp(), Op: mustKey(t, "vip_stop_0"), Agent: Agent{"ocf", "test", "Dummy"}})
	if err != nil || len(effects) != 1 || effects[0].Run == nil {
		t.Fatalf("Submit = %v, %v; want one run", effects, err)
	}
	if got := effects[0].Run.Order.Params["ip"]; got != "10.0.0.1" {
		t.Errorf("the stop works on %q, want 10.0.0.1", got)
	}
}

func mustKey(t *testing.T, s string) crm.OpKey {
	t.Helper()
	k, err := crm.ParseOpKey(s)
	if err != nil {
		t.Fatal(err)
	}
	return k
}
