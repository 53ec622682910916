package fencing

import (
	"strings"
	"testing"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crm"
)

var refused = Answered{Code: 1, Reason: "authentication failed"}

func level(id, target, index, devices string) string {
	return `<fencing-level id="` + id + `" target="` + target + `" index="` + index + `" devices="` + devices + `"/>`
}

func topo(levels ...string) string {
	return "<constraints/><fencing-topology>" + strings.Join(levels, "") + "</fencing-topology>"
}

func TestDevicesOfARequest(t *testing.T) {
	list := "pcmk_host_list"
	for _, c := range []struct {
		name      string
		options   string
		resources string
		rest      string
		answers   map[string]Answered
		action    Action
		want      []string
	}{
		{"one device", "", device("a", "fence_a", list, "n1 n2"), "", nil, Reboot,
			[]string{"reboot n2 by a on n1", "success n2 by a (n1)"}},
		{"priority orders, the next one helps", "", device("a", "fence_a", list, "n2") + device("b", "fence_a", list, "n2", "priority", "5"), "", map[string]Answered{"b": refused}, Off,
			[]string{"off n2 by b on n1", "off n2 by b on n3", "off n2 by a on n1", "success n2 by a (n1)"}},
		{"retries", "", device("a", "fence_a", list, "n2", "pcmk_off_retries", "1"), "", map[string]Answered{"a": refused}, Off,
			[]string{"off n2 by a on n1", "failed n2: device a: authentication failed"}},
		{"a host map names the plug", "", device("a", "fence_a", "pcmk_host_map", "n1:1;n2:7"), "", nil, Off,
			[]string{"off n2 by a on n1 as 7", "success n2 by a (n1)"}},
		{"another host list", "", device("a", "fence_a", list, "n1,n3"), "", nil, Off,
			[]string{"failed n2: device a: pcmk_host_list and pcmk_host_map do not name n2"}},
		{"nothing configured", "", "", "", nil, Off, []string{"failed n2: no fence device is configured"}},
		{"no check at all", "", device("a", "fence_a"), "", nil, Off, []string{"off n2 by a on n1", "success n2 by a (n1)"}},
		{"a list that names it", "", device("a", "fence_list"), "", map[string]Answered{"list a": {OK: true, Output: "n1,\nn2,alias\n"}}, Off,
			[]string{"list by a on n1", "off n2 by a on n1", "success n2 by a (n1)"}},
		{"a list that does not", "", device("a", "fence_list"), "", map[string]Answered{"list a": {OK: true, Output: "n1,\nn3,\n"}}, Off,
			[]string{"list by a on n1", "failed n2: device a: its list does not name n2"}},
		{"no list to be had", "", device("a", "fence_list"), "", map[string]Answered{"list a": refused}, Off,
			[]string{"list by a on n1", "failed n2: device a: its list of targets cannot be had: authentication failed"}},
		{"status says on", "", device("a", "fence_stat"), "", nil, Off,
			[]string{"status n2 by a on n1", "off n2 by a on n1", "success n2 by a (n1)"}},
		{"status says off", "", device("a", "fence_stat"), "", map[string]Answered{"status a": {Code: 2}}, Off,
			[]string{"status n2 by a on n1", "off n2 by a on n1", "success n2 by a (n1)"}},
		{"status knows it not", "", device("a", "fence_stat"), "", map[string]Answered{"status a": {Code: 1}}, Off,
			[]string{"status n2 by a on n1", "failed n2: device a: it does not know n2"}},
		{"reboot of an agent without it", "", device("a", "fence_plain", list, "n2"), "", nil, Reboot,
			[]string{"off n2 by a on n1", "on n2 by a on n1", "success n2 by a (n1)"}},
		{"on may fail after off", "", device("a", "fence_plain", list, "n2", "pcmk_on_retries", "1"), "", map[string]Answered{"on a": refused}, Reboot,
			[]string{"off n2 by a on n1", "on n2 by a on n1", "success n2 by a (n1)"}},
		{"both supplies of a level", "", device("a", "fence_a", list, "n2") + device("b", "fence_a", list, "n2"), topo(level("l1", "n2", "1", "a,b")), nil, Reboot,
			[]string{"off n2 by a on n1", "off n2 by b on n1", "on n2 by a on n1", "on n2 by b on n1", "success n2 by a b (n1)"}},
		{"half a level is none", "", device("a", "fence_a", list, "n2") + device("b", "fence_a", list, "n2", "pcmk_off_retries", "1") + device("c", "fence_a", list, "n2"),
			topo(level("l1", "n2", "1", "a,b"), level("l2", "n2", "2", "c")), map[string]Answered{"b": refused}, Off,
			[]string{"off n2 by a on n1", "off n2 by b on n1", "off n2 by c on n1", "success n2 by c (n1)"}},
		{"levels in several elements", "", device("a", "fence_a", list, "n2") + device("b", "fence_a", list, "n2"), topo(level("l1", "n2", "1", "a"), level("l1b", "n2", "1", "b")), nil, Off,
			[]string{"off n2 by a on n1", "off n2 by b on n1", "success n2 by a b (n1)"}},
		{"topology of an attribute", "", device("a", "fence_a", list, "n2") + device("b", "fence_a", list, "n2"),
			`<constraints/><fencing-topology><fencing-level id="l" target-attribute="rack" target-value="r2" index="1" devices="b"/></fencing-topology>`, nil, Off,
			[]string{"off n2 by b on n1", "success n2 by b (n1)"}},
		{"topology of a pattern", "", device("a", "fence_a", list, "n2") + device("b", "fence_a", list, "n2"),
			`<constraints/><fencing-topology><fencing-level id="l" target-pattern="^n[0-9]+$" index="1" devices="b"/></fencing-topology>`, nil, Off,
			[]string{"off n2 by b on n1", "success n2 by b (n1)"}},
		{"a banned node does not act", "", device("a", "fence_a", list, "n2"), `<constraints><rsc_location id="l" rsc="a" node="n1" score="-INFINITY"/></constraints>`, nil, Off,
			[]string{"off n2 by a on n3", "success n2 by a (n3)"}},
		{"a rule bans too", "", device("a", "fence_a", list, "n2"),
			`<constraints><rsc_location id="l" rsc="a"><rule id="r" score="-INFINITY"><expression id="e" attribute="#uname" operation="eq" value="n1"/></rule></rsc_location></constraints>`, nil, Off,
			[]string{"off n2 by a on n3", "success n2 by a (n3)"}},
		{"opt-in", option("symmetric-cluster", "false"), device("a", "fence_a", list, "n2"), `<constraints><rsc_location id="l" rsc="a" node="n3" score="0"/></constraints>`, nil, Off,
			[]string{"off n2 by a on n3", "success n2 by a (n3)"}},
		{"a disabled device", "", strings.Replace(device("a", "fence_a", list, "n2"), "<instance_attributes", `<meta_attributes id="m"><nvpair id="mt" name="target-role" value="Stopped"/></meta_attributes><instance_attributes`, 1), "", nil, Off,
			[]string{"failed n2: no fence device is configured"}},
		{"a device in a clone", "", `<clone id="cl">` + device("a", "fence_a", list, "n2") + `</clone>`, "", nil, Off,
			[]string{"off n2 by a on n1", "success n2 by a (n1)"}},
		{"a device of a template", "", `<template id="t" class="stonith" type="fence_a"><instance_attributes id="t-i"><nvpair id="t-l" name="pcmk_host_list" value="n2"/></instance_attributes></template><primitive id="a" template="t"/>`, "", nil, Off,
			[]string{"off n2 by a on n1", "success n2 by a (n1)"}},
		{"a timeout is no success", "", device("a", "fence_a", list, "n2", "pcmk_off_retries", "1"), "", map[string]Answered{"a": {Lost: false, Code: 198, Reason: "timed out after 60s"}}, Off,
			[]string{"off n2 by a on n1", "failed n2: device a: timed out after 60s"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t, c.options, c.resources, c.rest)
			for k, v := range c.answers {
				s.answers[k] = v
			}
			s.pass(2 * time.Second) // lists that were fetched before do not name it
			s.said = nil
			s.request("r", "n2", c.action)
			s.expect(c.want...)
		})
	}
}

func TestUnfencing(t *testing.T) {
	s := newStage(t, "", device("scsi", "fence_scsi", "pcmk_host_list", "n1 n2 n3")+device("a", "fence_a", "pcmk_host_list", "n1 n2 n3"), "")
	s.request("r", "n3", On)
	s.expect("on n3 by scsi on n3", "success n3 by scsi (n3)")
}

func TestTheTargetActsOnItselfOnlyIfNobodyElseCan(t *testing.T) {
	s := newStage(t, "", device("a", "fence_a", "pcmk_host_list", "n1 n2 n3"), "")
	s.request("r", "n1", Off)
	s.expect("off n1 by a on n3", "success n1 by a (n3)")
	s.world.Executors = []crm.NodeName{"n1"}
	s.step(s.world)
	s.request("r2", "n1", Off)
	s.expect("off n1 by a on n1", "success n1 by a (n1)")
}

func TestTheNodeThatMonitorsActs(t *testing.T) {
	s := newStage(t, "", device("a", "fence_a", "pcmk_host_list", "n2"), "")
	s.apply(cib.Op{Kind: cib.Modify, Scope: cib.TagStatus, AllowCreate: true, Data: cib.New("node_state", "id", "3", "uname", "n3").WithChildren(cib.New("lrm", "id", "3").WithChildren(
		cib.New("lrm_resources").WithChildren(cib.New("lrm_resource", "id", "a").WithChildren(
			cib.New("lrm_rsc_op", "id", "a_last_0", "operation", "start", "call-id", "4", "rc-code", "0")))))})
	s.request("r", "n2", Off)
	s.expect("off n2 by a on n3", "success n2 by a (n3)")
}

func TestFailureIsRetriedForEver(t *testing.T) {
	s := newStage(t, option("stonith-max-attempts", "3"), device("a", "fence_a", "pcmk_host_list", "n2", "pcmk_reboot_retries", "1"), "")
	s.answers["a"] = refused
	s.request("r", "n2", Reboot)
	try, no := "reboot n2 by a on n1", "failed n2: device a: authentication failed"
	s.expect(try, no)
	s.pass(999 * time.Millisecond)
	s.expect()
	s.pass(time.Millisecond)
	s.expect(try, no)
	s.pass(2 * time.Second)
	s.expect(try, no)
	s.pass(59 * time.Second) // max-attempts are over: once a minute
	s.expect()
	s.pass(time.Second)
	s.expect(try, no)
	ev, ok := Find(s.snap, "r")
	if !ok || !ev.Open() || ev.Attempts != 4 {
		t.Errorf("after 4 failures the record is %+v, want it open with 4 attempts", ev)
	}
	if got, want := ev.Trouble([]crm.ResourceID{"db", "vip"}, s.now), "cannot fence n2: device a: authentication failed; resources wait: db, vip; trying again in 1m0s; repair the device, or make sure that n2 is off and say so: stonith_admin --confirm n2"; got != want {
		t.Errorf("Trouble = %q\nwant %q", got, want)
	}
	s.answers["a"] = Answered{OK: true}
	s.apply(cib.Op{Kind: cib.Modify, Scope: cib.TagCRMConfig, AllowCreate: true, Data: cib.New("cluster_property_set", "id", "cib-bootstrap-options").WithChildren(
		cib.New("nvpair", "id", "t", "name", "stonith-timeout", "value", "5s"))})
	s.expect(try, "success n2 by a (n1)")
}

func TestAnOperatorIsToldOfFailure(t *testing.T) {
	s := newStage(t, "", device("a", "fence_a", "pcmk_host_list", "n2"), "")
	s.answers["a"] = refused
	s.request("r", "n2", Off, func(e *Event) { e.Once, e.Client = true, ClientOperator })
	s.expect("off n2 by a on n1", "off n2 by a on n3", "failed n2: device a: authentication failed")
	s.pass(time.Hour)
	s.expect()
	if ev, _ := Find(s.snap, "r"); ev.State != Failed {
		t.Errorf("the record says %s, want failed", ev.State)
	}
}

func TestDelays(t *testing.T) {
	for _, c := range []struct {
		name     string
		params   []string
		delay    time.Duration
		min, max time.Duration
	}{
		{"base", []string{"pcmk_delay_base", "5s"}, 0, 5 * time.Second, 5 * time.Second},
		{"base for this node", []string{"pcmk_delay_base", "n1:1s;n2:7s"}, 0, 7 * time.Second, 7 * time.Second},
		{"base for others", []string{"pcmk_delay_base", "n1:1s;n3:7s"}, 0, 0, 0},
		{"random", []string{"pcmk_delay_max", "10s"}, 0, 0, 10 * time.Second},
		{"base and random", []string{"pcmk_delay_base", "4s", "pcmk_delay_max", "10s"}, 0, 4 * time.Second, 10 * time.Second},
		{"priority on top", []string{"pcmk_delay_base", "4s"}, 15 * time.Second, 19 * time.Second, 19 * time.Second},
		{"none at all", []string{"pcmk_delay_base", "4s"}, -1, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t, "", device("a", "fence_a", append(c.params, "pcmk_host_list", "n2")...), "")
			s.request("r", "n2", Off, func(e *Event) { e.Delay = c.delay })
			began := s.now
			for range 100 {
				if len(s.said) > 0 {
					break
				}
				s.now = s.e.Wake()
				s.step(Tick{})
			}
			if took := s.now.Sub(began); took < c.min || took > c.max {
				t.Errorf("the device acted after %s, want %s to %s", took, c.min, c.max)
			}
			s.expect("off n2 by a on n1", "success n2 by a (n1)")
		})
	}
}

func TestOnlyTheFirstDeviceWaits(t *testing.T) {
	s := newStage(t, "", device("a", "fence_a", "pcmk_host_list", "n2", "pcmk_delay_base", "3s")+device("b", "fence_a", "pcmk_host_list", "n2", "pcmk_delay_base", "3s"), topo(level("l", "n2", "1", "a,b")))
	s.request("r", "n2", Off)
	s.pass(3 * time.Second)
	s.expect("off n2 by a on n1", "off n2 by b on n1", "success n2 by a b (n1)")
}

func TestEqualRequestsAreOne(t *testing.T) {
	s := newStage(t, "", device("a", "fence_a", "pcmk_host_list", "n2"), "")
	s.hold = true
	s.request("r1", "n2", Reboot)
	s.now = s.now.Add(time.Second)
	s.request("r2", "n2", Reboot, func(e *Event) { e.Once = true })
	s.hold = false
	s.answer(s.held[0])
	s.expect("reboot n2 by a on n1", "success n2 by a (n1)", "success n2 by a (n1)")
}

func TestOffIsNotServedByReboot(t *testing.T) {
	s := newStage(t, "", device("a", "fence_a", "pcmk_host_list", "n2"), "")
	s.hold = true
	s.request("r1", "n2", Reboot)
	s.now = s.now.Add(time.Second)
	s.request("r2", "n2", Off)
	s.hold = false
	s.answer(s.held[0])
	s.expect("reboot n2 by a on n1", "success n2 by a (n1)", "off n2 by a on n1", "success n2 by a (n1)")
}

func TestToleranceTakesWhatWasDone(t *testing.T) {
	s := newStage(t, "", device("a", "fence_a", "pcmk_host_list", "n2"), "")
	s.request("r1", "n2", Off)
	s.pass(10 * time.Second)
	s.request("r2", "n2", Off, func(e *Event) { e.Tolerance = 20 * time.Second })
	s.expect("off n2 by a on n1", "success n2 by a (n1)", "success n2 by a (n1)")
	s.pass(11 * time.Second)
	s.request("r3", "n2", Off, func(e *Event) { e.Tolerance = time.Second })
	s.expect("off n2 by a on n1", "success n2 by a (n1)")
}

func TestConcurrentFencing(t *testing.T) {
	both := []string{"off n2 by a on n1", "off n3 by a on n1"}
	for _, c := range []struct {
		value string
		want  []string
	}{{"true", both}, {"false", both[:1]}} {
		s := newStage(t, option("concurrent-fencing", c.value), device("a", "fence_a", "pcmk_host_list", "n2 n3"), "")
		s.hold = true
		s.request("r1", "n2", Off)
		s.request("r2", "n3", Off)
		s.expect(c.want...)
	}
}

func TestALostNodeIsNoAnswer(t *testing.T) {
	s := newStage(t, "", device("a", "fence_a", "pcmk_host_list", "n2"), "")
	s.hold = true
	s.request("r", "n2", Off)
	old := s.held[0]
	s.world.Executors = []crm.NodeName{"n3"}
	s.step(s.world)
	s.expect("off n2 by a on n1", "off n2 by a on n3")
	s.hold = false
	s.answer(old) // too late: nobody waits for it
	s.expect()
	s.answer(s.held[1])
	s.expect("success n2 by a (n3)")
}

func TestNoAnswerIsNoSuccess(t *testing.T) {
	s := newStage(t, "", device("a", "fence_a", "pcmk_host_list", "n2", "pcmk_off_timeout", "10s", "pcmk_off_retries", "1"), "")
	s.hold = true
	s.request("r", "n2", Off)
	s.pass(15 * time.Second)
	s.expect("off n2 by a on n1", "failed n2: device a: node n1 gave no result within 15s")
}

func TestAnotherEngineGoesOn(t *testing.T) {
	s := newStage(t, "", device("a", "fence_a", "pcmk_host_list", "n2"), "")
	s.hold = true
	s.request("r", "n2", Off)
	s.expect("off n2 by a on n1")
	s.e, s.hold = New("another"), false
	s.step(s.world)
	s.step(Seen{s.snap})
	s.expect("off n2 by a on n1", "success n2 by a (n1)")
}

// TestTheClocksOfTwoDCs: when to try again is on record by the clock of the DC that failed. The
// next DC's may be wrong by hours: it waits a pause at most, and no less than what is left of it.
func TestTheClocksOfTwoDCs(t *testing.T) {
	for _, tc := range []struct {
		wrong, want time.Duration
	}{{-time.Hour, firstPause}, {0, firstPause}, {firstPause / 2, firstPause / 2}, {time.Hour, 0}} {
		s := newStage(t, "", device("a", "fence_a", "pcmk_host_list", "n2"), "")
		s.answers["a"] = refused
		s.request("r", "n2", Off)
		s.expect("off n2 by a on n1", "off n2 by a on n3", "failed n2: device a: authentication failed")
		s.e, s.answers, s.now = New("another"), map[string]Answered{}, s.now.Add(tc.wrong)
		s.step(s.world)
		s.step(Seen{s.snap})
		if wake := s.e.Wake(); tc.want > 0 && wake.Sub(s.now) != tc.want {
			t.Errorf("clock wrong by %v: tries again in %v, want %v", tc.wrong, wake.Sub(s.now), tc.want)
		}
		s.pass(tc.want)
		s.expect("off n2 by a on n1", "success n2 by a (n1)")
	}
}

func TestNothingForgetsAnOpenRequest(t *testing.T) {
	erase := cib.Op{Kind: cib.Erase}
	for _, c := range []struct {
		name string
		ops  func(*stage) []cib.Op
		want []string
	}{
		{"cleanup", func(s *stage) []cib.Op { return CleanupOps(s.snap, "") }, nil},
		{"erased status", func(*stage) []cib.Op {
			return []cib.Op{{Kind: cib.Delete, XPath: "/cib/status/fencing", Force: true}}
		}, []string{"record r"}},
		{"erased CIB", func(*stage) []cib.Op { return []cib.Op{erase} }, []string{"record r"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t, "", device("a", "fence_a", "pcmk_host_list", "n2"), "")
			s.request("before", "n2", Off)
			s.hold = true
			s.request("r", "n2", Off)
			s.said = nil
			s.apply(c.ops(s)...)
			s.expect(c.want...)
			if got := Requests(s.snap); len(got) != 1 || got[0].ID != "r" {
				t.Errorf("open requests: %+v, want r", got)
			}
			if h := History(s.snap); len(h) != 1 {
				t.Errorf("history: %+v, want r only", h)
			}
		})
	}
}

func TestADeviceThatDoesNotListIsNotForgotten(t *testing.T) {
	s := newStage(t, "", device("other", "fence_a", "pcmk_host_list", "n2"), "")
	s.answers["pdu"], s.answers["other"] = Answered{Reason: "authentication failed"}, Answered{Reason: "no route to host"}
	s.apply(cib.Op{Kind: cib.Create, Scope: cib.TagResources, Data: cib.New(cib.TagPrimitive, cib.AttrID, "pdu", cib.AttrClass, "stonith", cib.AttrType, "fence_list")})
	s.request("r1", "n2", Reboot)
	if last := s.said[len(s.said)-1]; last != "failed n2: device pdu: its list of targets cannot be had: authentication failed; device other: no route to host" {
		t.Errorf("said %q at last, want both devices' troubles", last)
	}
}

func TestARequestThatIsMootIsClosed(t *testing.T) {
	s := newStage(t, "", device("ipmi", "fence_a", "pcmk_host_list", "n2 n3"), "")
	s.answers["ipmi"] = Answered{Reason: "authentication failed"}
	s.request("r1", "n2", Reboot)
	s.expect("reboot n2 by ipmi on n1", "reboot n2 by ipmi on n3", "failed n2: device ipmi: authentication failed")

	s.step(Moot{[]crm.NodeName{"n3"}})
	s.expect() // another node's
	s.step(Moot{[]crm.NodeName{"n2"}})
	s.expect("failed n2: device ipmi: authentication failed; " + mootReason)
	s.pass(time.Hour)
	s.expect()

	s.answers["ipmi"], s.hold = Answered{OK: true}, true
	s.request("r2", "n2", Reboot)
	s.request("r3", "n3", Reboot, func(e *Event) { e.Client = ClientOperator })
	s.said = nil
	s.step(Moot{[]crm.NodeName{"n2", "n3"}})
	s.expect() // a device is at work; an operator's request is his
	for _, a := range s.held {
		s.answer(a)
	}
	s.expect("success n2 by ipmi (n1)", "success n3 by ipmi (n1)")
}

// TestAMootRequestCoversNoDemand: a request that is given up when its last attempt fails is
// not what a node that is lost again can wait for.
func TestAMootRequestCoversNoDemand(t *testing.T) {
	s := newStage(t, "", device("ipmi", "fence_a", "pcmk_host_list", "n2", "pcmk_reboot_retries", "1"), "")
	s.hold = true
	s.request("r1", "n2", Reboot)
	s.step(Moot{[]crm.NodeName{"n2"}})
	if ev, covered := s.e.Covers("n2", Reboot); covered {
		t.Errorf("the moot request %s covers a new demand", ev.ID)
	}
	s.request("r2", "n2", Reboot)
	for len(s.held) > 0 {
		a := s.held[0]
		s.held = s.held[1:]
		s.step(Answered{Attempt: a.ID, Reason: "no route to host"})
	}
	if open := s.e.Open(); len(open) != 1 || open[0].ID != "r2" {
		t.Errorf("open after the moot request's last attempt: %+v, want r2", open)
	}
}

func TestWatchdog(t *testing.T) {
	for _, c := range []struct {
		name  string
		value string
		tune  func(*World)
		want  []string
	}{
		{"waited for", "10s", func(*World) {}, []string{"success n2 by watchdog (n2)"}},
		{"twice its own timeout", "-1", func(w *World) { w.Watchdog = 5 * time.Second }, []string{"success n2 by watchdog (n2)"}},
		{"not known to have one", "10s", func(w *World) { w.Watchdogs = nil }, []string{"failed n2: device watchdog: node n2 is not known to have a watchdog"}},
		{"no quorum", "10s", func(w *World) { w.Quorate = false }, []string{"failed n2: device watchdog: without quorum nobody may rely on a watchdog of the others"}},
		{"still heard", "10s", func(w *World) { w.Heard = []crm.NodeName{"n1", "n2", "n3"} }, []string{"reboot n2 by watchdog on n2", "failed n2: device watchdog: node n2 is still heard, so its watchdog did not reset it"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t, option("stonith-watchdog-timeout", c.value), "", "")
			s.world.Watchdogs = map[crm.NodeName]bool{"n2": true}
			c.tune(&s.world)
			s.step(s.world)
			s.request("r", "n2", Reboot)
			if strings.HasPrefix(c.want[0], "success") {
				s.pass(10*time.Second - 1)
				s.expect()
			}
			s.pass(1)
			if c.name == "still heard" {
				s.pass(10 * time.Second)
			}
			s.expect(c.want...)
		})
	}
}

func TestHistoryIsBounded(t *testing.T) {
	s := newStage(t, "", device("a", "fence_a", "pcmk_host_list", "n2"), "")
	for i := range MaxHistory + 20 {
		s.now = s.now.Add(time.Second)
		s.request("r"+itoa(1000+i), "n2", Off)
	}
	h := History(s.snap)
	if len(h) != MaxHistory || h[len(h)-1].ID != "r1119" {
		t.Errorf("%d requests are on record, the last is %s; want %d and r1119", len(h), h[len(h)-1].ID, MaxHistory)
	}
}

func TestARecordIsReadAsItWasWritten(t *testing.T) {
	want := Event{ID: "x", Target: "n2", Action: Reboot, Client: "c", Origin: "n1", Reason: "why", Requested: start, Delay: -time.Millisecond, Timeout: 3 * time.Second, Tolerance: time.Second,
		Once: true, State: Failed, Delegate: "n3", Device: "a b", ExitReason: "no <way>", Attempts: 3, Next: start.Add(1), Completed: start.Add(time.Hour)}
	if got := eventOf(want.Element()); got != want {
		t.Errorf("read\n  %+v\nwant\n  %+v", got, want)
	}
}

func TestGuessingAsksNobody(t *testing.T) {
	s := newStage(t, "", "", "")
	s.world.Guess = true
	s.step(s.world)
	s.apply(cib.Op{Kind: cib.Modify, Scope: cib.TagResources, AllowCreate: true, Data: mustParse(t, device("a", "fence_list"))})
	s.answers["off a"] = refused
	s.apply(cib.Op{Kind: cib.Modify, Scope: cib.TagResources, AllowCreate: true, Data: mustParse(t, device("b", "fence_stat"))})
	s.request("r", "n2", Off)
	s.expect("off n2 by a on n1", "off n2 by a on n3", "off n2 by b on n1", "success n2 by b (n1)")
}

func mustParse(t testing.TB, text string) *cib.Element {
	t.Helper()
	e, err := cib.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return e
}
