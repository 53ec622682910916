package native

import (
	"context"
	"errors"
	"time"

	"github.com/tactus-ha/tactus/crm"
)

// ldap keeps watch over an LDAP server by asking it what a client would ask. With
// manage=no (the default) the server belongs to the system: start only waits until it answers
// and marks, in a state file, that this node serves; stop takes the mark away. With manage=yes
// start and stop run and end slapd.
var ldapActions = map[string]action{
	"start": directory(ldapStart), "stop": directory(ldapStop), "monitor": directory(ldapMonitor),
	"reload": directory(ldapReload), "reload-agent": directory(ldapReload), "validate-all": directory(ldapValidate),
}

func directory(do func(context.Context, ldapServer) Response) action {
	return func(ctx context.Context, r Request) Response {
		s, res := parseLDAP(r)
		if res != nil {
			return *res
		}
		return do(ctx, s)
	}
}

func ldapStart(ctx context.Context, s ldapServer) Response {
	limit := s.timeout
	if s.manage {
		if res := s.launch(ctx); res.RC != crm.OK {
			return res
		}
		limit = time.Hour // as long as the operation may take
	}
	if res := s.awaitAnswer(ctx, limit); res.RC != crm.OK {
		return res
	}
	if s.manage {
		return Response{}
	}
	if err := s.req.writeState("started\n"); err != nil {
		return fail(crm.GenericError, "state file: %v", err)
	}
	return Response{}
}

// reserve is kept of an operation's time so that a failure is told with its reason, not
// as a timeout.
const reserve = 250 * time.Millisecond

// awaitAnswer asks the server until it answers, for limit at most.
func (s ldapServer) awaitAnswer(ctx context.Context, limit time.Duration) Response {
	end := time.Now().Add(limit)
	if d, ok := ctx.Deadline(); ok && d.Add(-reserve).Before(end) {
		end = d.Add(-reserve)
	}
	ctx, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	for {
		err := s.check(ctx)
		switch {
		case err == nil:
			return Response{}
		case errors.As(err, new(*ldapRefusal)):
			return fail(crm.GenericError, "%v", err) // it answers, and will not say anything else later
		}
		if !sleep(ctx, 100*time.Millisecond) {
			return fail(crm.GenericError, "%v", err)
		}
	}
}

func ldapStop(ctx context.Context, s ldapServer) Response {
	if s.manage {
		return s.terminate(ctx)
	}
	if err := s.req.removeState(); err != nil {
		return fail(crm.GenericError, "state file: %v", err)
	}
	return Response{}
}

func ldapMonitor(ctx context.Context, s ldapServer) Response {
	if s.manage {
		if _, alive := s.pid(); !alive {
			return Response{RC: crm.NotRunning}
		}
	} else {
		_, found, err := s.req.readState()
		switch {
		case err != nil:
			return fail(crm.GenericError, "state file: %v", err)
		case !found:
			return Response{RC: crm.NotRunning} // the server may answer: it is not the cluster's
		}
	}
	if d, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, d.Add(-reserve))
		defer cancel()
	}
	err := s.check(ctx)
	switch {
	case err == nil:
		return Response{}
	case errors.As(err, new(*ldapAbsent)) && !s.manage:
		return fail(crm.NotRunning, "%v", err)
	}
	return fail(crm.GenericError, "%v", err)
}

func ldapReload(ctx context.Context, s ldapServer) Response { return ldapMonitor(ctx, s) }

func ldapValidate(_ context.Context, s ldapServer) Response {
	if s.manage {
		return s.installed()
	}
	return Response{}
}
