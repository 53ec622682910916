package store

import (
	"errors"

	"github.com/tactus-ha/tactus/api"
	"github.com/tactus-ha/tactus/cib"
	"github.com/tactus-ha/tactus/schemas"
)

// workOut applies a request to a CIB as a cluster would, where there is none to ask. next
// is nil when nothing changes, or when the request is refused: then err says why.
func workOut(s *cib.Snapshot, req api.CIBRequest) (next *cib.Snapshot, reply api.CIBReply, err error) {
	reply.Version = s.Version().String()
	c, err := req.Command()
	if err != nil {
		return nil, reply, err
	}
	next, p, err := s.Apply(c)
	if err != nil || p.Empty() {
		return nil, reply, err
	}
	findings := schemas.Validate(next.Root())
	for _, x := range findings {
		reply.Findings = append(reply.Findings, api.Finding{Level: string(x.Level), Message: x.String()})
	}
	if invalid := schemas.FirstError(findings); invalid != nil && p.Touches("/cib") {
		return nil, reply, &api.RemoteError{ExitCode: cib.ExitConfig, Message: invalid.Error()}
	}
	reply.Version = next.Version().String()
	return next, reply, nil
}

// told puts an error into the reply as a cluster's would carry it.
func told(reply api.CIBReply, err error) (api.CIBReply, error) {
	var op *cib.OpError
	if errors.As(err, &op) {
		err = &api.RemoteError{ExitCode: op.ExitCode, Message: op.Msg}
		reply.XML = string(op.Data.XML())
	}
	if err != nil {
		reply.ExitCode, reply.Error = ExitCode(err), err.Error()
	}
	return reply, err
}
