package api

import (
	"fmt"

	"github.com/tactus-ha/tactus/cib"
)

// Command makes the CIB command that a request asks for; who asks and when is for the
// caller to fill in. XML that cannot be read is a *cib.OpError.
func (r CIBRequest) Command() (cib.Command, error) {
	var c cib.Command
	if r.IfVersion != "" {
		v, err := cib.ParseVersion(r.IfVersion)
		if err != nil {
			return c, &cib.OpError{ExitCode: cib.ExitUsage, Msg: err.Error()}
		}
		c.IfVersion = &v
	}
	for i, o := range r.Ops {
		op := cib.Op{Kind: cib.OpKind(o.Kind), Scope: o.Scope, XPath: o.XPath, AllowCreate: o.AllowCreate, Force: o.Force}
		if o.XML != "" {
			e, err := cib.Parse([]byte(o.XML))
			if err != nil {
				return c, &cib.OpError{ExitCode: cib.ExitDataErr, Msg: fmt.Sprintf("operation %d: %v", i+1, err)}
			}
			op.Data = e
		}
		c.Ops = append(c.Ops, op)
	}
	return c, nil
}
