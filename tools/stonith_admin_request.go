package tools

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/fencing"
	"github.com/tactus-ha/tactus/mon"
	"github.com/tactus-ha/tactus/tools/store"
)

// request asks for fencing and waits for its end.
func (a *stonithAdmin) request(ctx context.Context) int {
	action := map[string]fencing.Action{"fence": fencing.Off, "reboot": fencing.Reboot, "unfence": fencing.On}[a.command]
	client := a.tool
	if a.tag != "" {
		client += "." + a.tag
	}
	e, err := a.st.API().Fence(ctx, api.FenceRequest{Target: nodeNameOf(a.argument), Action: string(action), Client: fmt.Sprintf("%s.%d", client, os.Getpid()),
		Timeout: a.timeout, Delay: a.delay, Tolerance: a.tolerance})
	code, why := ExitOK, ""
	switch {
	case err != nil && e.ID != "" && ctx.Err() != nil:
		code, why = ExitTimeout, fmt.Sprintf("%s (the request goes on, see: stonith_admin --history %s --verbose)", errorText(ExitTimeout), a.argument)
	case err != nil:
		code, why = store.ExitCode(err), err.Error()
		if errors.Is(err, api.ErrNotConnected) {
			why = errorText(code) + " (" + why + ")"
		}
	case e.Status == string(fencing.Failed):
		code, why = a.failed(ctx, e)
	}
	if code != ExitOK {
		verb := "fence"
		if action == fencing.On {
			verb = "unfence"
		}
		a.complain("%s: Couldn't %s %s: %s", a.tool, verb, a.argument, why)
	}
	return a.finish(code)
}

// failed tells a request that no device was there for from one that a device refused.
func (a *stonithAdmin) failed(ctx context.Context, e api.FenceEvent) (code int, why string) {
	code, why = ExitError, "No data available"
	if snap, err := a.st.CIB(ctx); err == nil && !fencing.Read(snap, a.env.Now()).CanFence(e.Target, nil) {
		code, why = ExitNoSuch, "No such device"
	}
	if e.ExitReason != "" {
		why += " (" + e.ExitReason + ")"
	}
	return code, why
}

// confirm passes an operator's word on.
func (a *stonithAdmin) confirm(ctx context.Context) int {
	err := a.st.API().Post(ctx, "/v1/confirm-off", url.Values{"node": {a.argument}}, struct{}{}, nil)
	if err == nil {
		return a.finish(ExitOK)
	}
	if errors.Is(err, api.ErrNotConnected) {
		return a.unreachable(err)
	}
	a.complain("%s: Couldn't confirm that %s is off: %v", a.tool, a.argument, err)
	return a.finish(store.ExitCode(err))
}

// history prints what is on record.
func (a *stonithAdmin) history(ctx context.Context) int {
	if a.cleanup {
		return a.cleanHistory(ctx)
	}
	if a.broadcast {
		a.printf("gather fencing-history from all nodes\n")
	}
	snap, code := a.snapshot(ctx)
	if snap == nil {
		return code
	}
	all := mon.NewestFirst(fencing.History(snap))
	if a.argument != "*" {
		all = slices.DeleteFunc(all, func(e fencing.Event) bool { return !strings.EqualFold(string(e.Target), a.argument) })
	}
	// Without --verbose: the last success.
	shown, full := all, a.verbose > 0
	if a.quiet || !full {
		i := slices.IndexFunc(all, func(e fencing.Event) bool { return e.State == fencing.Success })
		shown = nil
		if i >= 0 {
			shown = all[i : i+1]
		}
	}
	list := cib.New("list", "name", "fencing history", "count", strconv.Itoa(len(shown)))
	for _, e := range shown {
		if a.quiet {
			a.printf("%d\n", e.Completed.Unix())
			continue
		}
		a.printf("%s\n", mon.FenceText(e, all, full, true))
		list.Children = append(list.Children, mon.FenceElement(e))
	}
	a.add(list)
	a.count("event", len(list.Children))
	return a.finish(ExitOK)
}

func (a *stonithAdmin) cleanHistory(ctx context.Context) int {
	a.printf("cleaning up fencing-history for node %s\n", a.argument)
	query := url.Values{}
	if a.argument != "*" {
		query.Set("node", a.argument)
	}
	var reply api.FenceCleanup
	if err := a.st.API().Delete(ctx, "/v1/fencing", query, &reply); err != nil {
		return a.unreachable(err)
	}
	if reply.Open > 0 {
		a.warn("%s: warning: open requests stay on record until they are done, or confirmed by hand: %d", a.tool, reply.Open)
	}
	return a.finish(ExitOK)
}

// last tells when a node was last fenced.
func (a *stonithAdmin) last(ctx context.Context) int {
	snap, code := a.snapshot(ctx)
	if snap == nil {
		return code
	}
	name := a.argument
	if a.byID {
		name = snap.Section(cib.TagNodes).ChildWith(cib.TagNode, cib.AttrID, a.argument).Get(cib.AttrUname)
	}
	var when time.Time
	for _, e := range fencing.History(snap) {
		if e.State == fencing.Success && e.Action.Stops() && strings.EqualFold(string(e.Target), name) && e.Completed.After(when) {
			when = e.Completed
		}
	}
	if when.IsZero() {
		a.printf("Node %s has never been fenced\n", a.argument)
		if a.xml {
			return a.finish(ExitIO) // as the original does
		}
		return a.finish(ExitOK)
	}
	a.printf("Node %s last fenced at: %s\n", a.argument, when.Local().Format(time.ANSIC))
	a.add(cib.New("last-fenced", "target", a.argument, "when", when.Local().Format("2006-01-02 15:04:05Z07:00")))
	return a.finish(ExitOK)
}
