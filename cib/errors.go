package cib

import "fmt"

// Exit codes of the command-line tools that the CIB can cause, and that scripts branch on.
// Source: Pacemaker's crm_exit_t (crm_error --exit).
const (
	ExitOK           = 0
	ExitError        = 1
	ExitInvalidParam = 2
	ExitUsage        = 64
	ExitDataErr      = 65
	ExitNoInput      = 66
	ExitSoftware     = 70
	ExitCantCreate   = 73
	ExitConfig       = 78
	ExitFatal        = 100
	ExitDisconnect   = 102
	ExitOld          = 103
	ExitNoSuch       = 105
	ExitUnsafe       = 107
	ExitExists       = 108
	ExitTimeout      = 124
)

// OpError says why an operation on the CIB was refused.
type OpError struct {
	ExitCode int      // for the tool to exit with
	Msg      string   // for the operator
	Data     *Element // what failed, as <failed>; usually nil
}

func (e *OpError) Error() string { return e.Msg }

func refuse(code int, format string, args ...any) *OpError {
	return &OpError{ExitCode: code, Msg: fmt.Sprintf(format, args...)}
}

// describe names an element in messages: primitive "p1".
func describe(e *Element) string {
	if id := e.ID(); id != "" {
		return fmt.Sprintf("%s %q", e.Name, id)
	}
	return "<" + e.Name + ">"
}
