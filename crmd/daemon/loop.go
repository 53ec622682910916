package daemon

import (
	"context"
	"log/slog"
	"time"

	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/crmd"
)

// loop feeds the controller until it wants to leave or ctx ends.
func (d *Daemon) loop(ctx context.Context) {
	defer d.timers.stop()
	configuration := d.replica.Current().Section(cib.TagConfiguration)
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.mail.wake:
		}
		items, dirty := d.mail.take()
		if dirty {
			snap := d.replica.Current()
			d.step(ctx, crmd.CIBChanged{Snapshot: snap})
			config := snap.Section(cib.TagConfiguration)
			d.events.cibChanged(snap.Version(), config != configuration)
			configuration = config
		}
		for _, item := range items {
			switch x := item.(type) {
			case crmd.Input:
				d.step(ctx, x)
			case fired:
				if d.timers.due(x) {
					d.step(ctx, crmd.TimerFired{Name: x.name})
				}
			case question:
				x(d.controller)
			}
		}
	}
}

// step takes one input and carries out what follows.
func (d *Daemon) step(ctx context.Context, in crmd.Input) {
	if d.cfg.Witness {
		d.witnessStep(in)
		return
	}
	for _, e := range d.controller.Step(time.Now(), in) {
		d.carry(ctx, e)
	}
	d.parting.hasQuorum(d.controller.Quorate())
}

func (d *Daemon) carry(ctx context.Context, e crmd.Effect) {
	switch x := e.(type) {
	case crmd.Commit:
		d.commits.put(x)
	case crmd.Abandon:
		d.commits.abandon()
	case crmd.Send:
		d.outboxes.put(ctx, x.To, x.Orders)
	case crmd.HangUp:
		d.outboxes.hangUp(x.To)
	case crmd.Reply:
		d.replies.give(x.Token, x.Answers)
	case crmd.Ack:
		go d.acknowledge(ctx, x)
	case crmd.Report:
		go d.report(ctx, x)
	case crmd.ConfirmOff:
		go d.confirmOff(x)
	case crmd.Execute, crmd.Withdraw, crmd.Drop, crmd.Recall, crmd.Announce:
		d.work.put(x)
	case crmd.LookUp:
		go d.lookUp(ctx, x.Agent)
	case crmd.Think:
		go d.think(x)
	case crmd.Cease:
		d.ceased.Store(int64(x.Serial))
	case crmd.Arm:
		d.timers.arm(x)
	case crmd.Notice:
		d.notice(x)
	case crmd.HandOver:
		go d.handOver(ctx)
	case crmd.Rejoin:
		d.agreement.Rejoin()
	case crmd.Leave:
		d.leave(x)
	case crmd.Ask:
		go d.askAround(ctx, x)
	case crmd.Unjoined:
		d.noteUnjoined(x.Since)
	case crmd.Renew:
		d.parting.renew()
	case crmd.Reset:
		d.reset(x.Reason)
	}
}

// think runs the policy engine. A crash of it is a finding, not the end of the node.
func (d *Daemon) think(t crmd.Think) {
	began := time.Now()
	plan := func() (p crmd.Plan) {
		defer func() {
			if r := recover(); r != nil {
				p = crmd.Plan{Err: panicText(r)}
			}
		}()
		return d.ports.Schedule(t.Snapshot, began, func() bool { return d.ceased.Load() == int64(t.Serial) })
	}()
	plan.Snapshot, plan.Now = t.Snapshot, began
	d.metrics.scheduled(time.Since(began), plan)
	if t.Save && plan.Err == "" && plan.Graph != nil && len(plan.Graph.Synapses) > 0 {
		plan.Input = d.keeper.saveInput(t.Snapshot)
	}
	d.mail.put(crmd.Planned{Serial: t.Serial, Plan: plan})
}

// handOver lets another node lead before this one goes.
func (d *Daemon) handOver(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, callBound)
	defer cancel()
	d.agreement.TransferLeadership(ctx)
}

func (d *Daemon) leave(l crmd.Leave) {
	d.leaveOnce.Do(func() {
		d.leftBecause, d.leftRunning = l.Reason, l.Running
		close(d.left)
	})
}

var levels = [...]slog.Level{crmd.Debug: slog.LevelDebug, crmd.Info: slog.LevelInfo, crmd.Warning: slog.LevelWarn, crmd.Error: slog.LevelError}

// notice logs one event and tells it to whoever follows the event stream.
func (d *Daemon) notice(n crmd.Notice) {
	args := make([]any, 0, len(n.Keys))
	for _, k := range n.Keys {
		args = append(args, k)
	}
	d.log.Log(context.Background(), levels[n.Level], n.Text, args...)
	d.events.publish(n, d.replica.Current().Version())
}

// watch turns what agreement says into inputs.
func (d *Daemon) watch(ctx context.Context) {
	var last crmd.View
	var policyOf *cib.Element
	var exemptOf *cib.Element
	var rule leaseRule
	for {
		s := d.agreement.Status()
		d.recency.observe(time.Now(), s)
		if v := d.view(s); v != last {
			last = v
			d.mail.put(crmd.ViewChanged{View: v})
		}
		if config := d.replica.Current().Section(cib.TagCRMConfig); config != policyOf {
			policyOf = config
			d.agreement.SetPolicy(d.policy())
			rule = leaseRuleOf(d.replica.Current())
		}
		if config := d.replica.Current().Section(cib.TagConfiguration); config != exemptOf && rule != noLease {
			exemptOf = config
			d.exempt(d.replica.Current())
		}
		d.parting.follow(rule)
		select {
		case <-ctx.Done():
			return
		case <-d.agreement.Changes():
		case <-d.parting.recheck:
		case y := <-d.agreement.Yielded():
			d.mail.put(yieldOf(y))
		}
	}
}
